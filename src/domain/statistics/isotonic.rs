//! The nearest monotone sequence: pool adjacent violators.

use super::moments::all_finite;

/// The non-decreasing sequence nearest to `values` in weighted squares (Barlow et al. 1972).
/// One weight per value. `None` when the lengths differ, a value is not finite, or a weight is not positive.
pub fn rising(values: &[f64], weights: &[f64]) -> Option<Vec<f64>> {
    let weights_fit = all_finite(weights) && weights.iter().all(|weight| *weight > 0.0);
    if values.len() != weights.len() || !all_finite(values) || !weights_fit {
        return None;
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (value, weight) in values.iter().zip(weights) {
        let mut block = Block { level: *value, weight: *weight, count: 1 };
        while let Some(before) = blocks.pop_if(|before| before.level > block.level) {
            block = before.pooled_with(&block);
        }
        blocks.push(block);
    }
    Some(blocks.iter().flat_map(|block| std::iter::repeat_n(block.level, block.count)).collect())
}

/// The non-increasing sequence nearest to `values`; conditions as for [`rising`].
pub fn falling(values: &[f64], weights: &[f64]) -> Option<Vec<f64>> {
    let turned: Vec<f64> = values.iter().map(|value| -value).collect();
    Some(rising(&turned, weights)?.into_iter().map(|value| -value).collect())
}

struct Block {
    level: f64,
    weight: f64,
    count: usize,
}

impl Block {
    fn pooled_with(&self, next: &Self) -> Self {
        let weight = self.weight + next.weight;
        let level = (self.level * self.weight + next.level * next.weight) / weight;
        Self { level, weight, count: self.count + next.count }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_dip_is_pooled_with_what_came_before() {
        let fitted = rising(&[1.0, 3.0, 2.0, 4.0], &[1.0; 4]).unwrap();
        assert_eq!(fitted, vec![1.0, 2.5, 2.5, 4.0]);
        let weighted = rising(&[3.0, 0.0], &[2.0, 1.0]).unwrap();
        assert_eq!(weighted, vec![2.0, 2.0]);
        assert_eq!(falling(&[1.0, 3.0], &[1.0; 2]).unwrap(), vec![2.0, 2.0]);
    }

    #[test]
    fn weights_must_fit() {
        assert_eq!(rising(&[1.0], &[]), None);
        assert_eq!(rising(&[1.0], &[0.0]), None);
        assert_eq!(rising(&[], &[]), Some(vec![]));
    }

    proptest! {
        #[test]
        fn the_result_rises_and_keeps_the_mean(values in proptest::collection::vec(-100.0..100.0, 1..50)) {
            let fitted = rising(&values, &vec![1.0; values.len()]).unwrap();
            prop_assert!(fitted.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
            let (before, after): (f64, f64) = (values.iter().sum(), fitted.iter().sum());
            prop_assert!((before - after).abs() < 1e-7);
        }
    }
}
