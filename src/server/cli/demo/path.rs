//! How adoption goes after a sale: the share of the way to the target, day by day.

use domain::pace::Curve;

/// The ways upsells go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    Steady,
    /// Weeks of nothing, then nearly there.
    EarlySlow,
    /// A good start that stops.
    Stalled,
    /// Team by team.
    Stepwise,
    Noisy,
    Exceeding,
    /// Taken up, and dropped again.
    Fading,
    /// Steady, but the pipeline stops sending.
    FeedStopped,
}

/// In the order and share a portfolio has them.
pub const MIX: [Path; 20] = [
    Path::Steady,
    Path::Stalled,
    Path::Steady,
    Path::EarlySlow,
    Path::Exceeding,
    Path::Stepwise,
    Path::Noisy,
    Path::Steady,
    Path::Fading,
    Path::Stepwise,
    Path::Steady,
    Path::Exceeding,
    Path::Stalled,
    Path::EarlySlow,
    Path::Steady,
    Path::FeedStopped,
    Path::Noisy,
    Path::Steady,
    Path::Stepwise,
    Path::Exceeding,
];

/// Days after day 0 on which a stopped feed is silent.
const SILENT_FROM: i32 = 41;
const HORIZON: f64 = 90.0;

impl Path {
    /// Share of the way on a day; 1 reaches the target. `wobble` in −1..1 is the week's luck.
    pub fn share(self, day: i32, wobble: f64) -> f64 {
        let d = f64::from(day);
        if day < 0 {
            return 0.0;
        }
        let s_curve =
            |middle: f64| Curve::Logistic { middle: Some(middle), steepness: None }.share(d, HORIZON);
        let share = match self {
            Self::Steady | Self::FeedStopped => 1.08 * s_curve(43.0),
            Self::EarlySlow => 0.96 * Curve::Gompertz { a: 9.0, c: 0.045 }.share(d, HORIZON),
            Self::Stalled => 0.42 * (d / 28.0).min(1.0),
            Self::Stepwise => match day {
                ..12 => 0.05,
                12..34 => 0.36,
                34..58 => 0.70,
                _ => 1.10,
            },
            Self::Noisy => 1.02 * s_curve(45.0) * (1.0 + 0.22 * wobble),
            Self::Exceeding => 1.34 * s_curve(36.0),
            Self::Fading => 0.72 * (d / 40.0).min(1.0) * (1.0 - ((d - 45.0) / 70.0).clamp(0.0, 0.75)),
        };
        (share * (1.0 + 0.03 * wobble)).max(0.0)
    }

    /// The same for what is settled early or not at all: response times, error rates.
    pub fn early_share(self, day: i32) -> f64 {
        self.share(90, 0.0).min(1.1) * (f64::from(day.max(0)) / 26.0).min(1.0)
    }

    /// Whether the pipeline sends what was used on a day.
    pub fn is_sent(self, day: i32) -> bool {
        self != Self::FeedStopped || day < SILENT_FROM
    }
}
