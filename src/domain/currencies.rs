//! The currencies of ISO 4217 that money is kept in, by the digits of their minor unit (list one, 2026; without funds,
//! metals and test codes).

const WITHOUT_MINOR_UNIT: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const OF_THREE_DIGITS: &str = "BHD IQD JOD KWD LYD OMR TND";
const OF_TWO_DIGITS: &str = "\
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY \
    COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF \
    IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR \
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG \
    SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES \
    WST XCD XCG YER ZAR ZMW ZWG";

/// Minor units in one major unit; `None` for what is no current currency.
pub fn minor_per_major(code: &str) -> Option<i64> {
    let lists = [(OF_TWO_DIGITS, 100), (WITHOUT_MINOR_UNIT, 1), (OF_THREE_DIGITS, 1000)];
    let listed = |(list, _): &(&str, i64)| list.split(' ').any(|listed| listed == code);
    lists.into_iter().find(listed).map(|(_, units)| units)
}
