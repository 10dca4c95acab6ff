//! The false discovery rate: how many of many findings may be luck (Benjamini & Hochberg 1995).

/// Benjamini–Hochberg adjusted p-values, in the order given. A finding stands at rate q when its value is ≤ q.
/// `None` when a p-value is outside 0 to 1.
pub fn adjusted(p_values: &[f64]) -> Option<Vec<f64>> {
    if !p_values.iter().all(|p| (0.0..=1.0).contains(p)) {
        return None;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let count = p_values.len() as f64;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut smallest = 1.0_f64;
    for (rank, index) in order.iter().enumerate().rev() {
        smallest = smallest.min(p_values[*index] * count / (rank + 1) as f64);
        adjusted[*index] = smallest;
    }
    Some(adjusted)
}

/// Which findings stand at false discovery rate `rate`, in the order given.
/// `None` when a p-value is outside 0 to 1.
pub fn rejections(p_values: &[f64], rate: f64) -> Option<Vec<bool>> {
    Some(adjusted(p_values)?.into_iter().map(|value| value <= rate).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    /// Twenty-five dietary variables against mammographic density (García-Arenzana et al. 2014), as tabled in
    /// `McDonald`, Handbook of Biological Statistics, "Multiple comparisons".
    const MCDONALD: [f64; 25] = [
        0.001, 0.008, 0.039, 0.041, 0.042, 0.060, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275,
        0.340, 0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.940, 0.942, 0.975, 0.986,
    ];

    #[test]
    fn the_published_example_keeps_six_findings() {
        let kept = rejections(&MCDONALD, 0.25).unwrap().into_iter().filter(|kept| *kept).count();
        assert_eq!(kept, 6);
        let adjusted = adjusted(&MCDONALD).unwrap();
        for (value, expected) in adjusted.iter().zip([0.025, 0.1, 0.21, 0.21, 0.21, 0.25]) {
            assert_close(*value, expected, 1e-12);
        }
    }

    #[test]
    fn the_order_given_is_the_order_answered() {
        let adjusted = adjusted(&[0.5, 0.01]).unwrap();
        assert_close(adjusted[0], 0.5, 1e-12);
        assert_close(adjusted[1], 0.02, 1e-12);
        assert_eq!(rejections(&[0.5, f64::NAN], 0.1), None);
        assert_eq!(rejections(&[], 0.1), Some(vec![]));
    }
}
