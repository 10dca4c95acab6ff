//! Ranks of values, ties sharing their average.

/// The rank of each value, from 1, in the order given; equal values share the mean of their ranks.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for tied in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let shared = start as f64 + f64::midpoint(1.0, tied.len() as f64);
        for index in tied {
            ranks[*index] = shared;
        }
        start += tied.len();
    }
    ranks
}

/// How many values share each distinct value, in rising order.
pub fn tie_sizes(values: &[f64]) -> Vec<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_their_rank() {
        assert_eq!(ranks(&[10.0, 30.0, 20.0, 20.0]), vec![1.0, 4.0, 2.5, 2.5]);
        assert_eq!(tie_sizes(&[10.0, 30.0, 20.0, 20.0]), vec![1, 2, 1]);
    }
}
