//! Solves small symmetric systems, as they come out of a Newton step.

use super::moments::all_finite;

/// A symmetric positive definite matrix, factored as L·Lᵀ (Cholesky).
#[derive(Debug, Clone)]
pub struct Factored {
    rows: Vec<Vec<f64>>,
}

impl Factored {
    /// Factors `matrix`, given as rows of equal length; only the lower triangle is read.
    /// `None` when it is not positive definite, within rounding.
    pub fn of(matrix: &[Vec<f64>]) -> Option<Self> {
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
        for (i, given) in matrix.iter().enumerate() {
            let mut row = vec![0.0; i + 1];
            for j in 0..=i {
                let done: f64 = (0..j).map(|k| row[k] * if i == j { row[k] } else { rows[j][k] }).sum();
                let rest = given[j] - done;
                if i > j {
                    row[j] = rest / rows[j][j];
                } else if rest > 1e-12 * given[j].abs() {
                    row[j] = rest.sqrt();
                } else {
                    return None;
                }
            }
            rows.push(row);
        }
        rows.iter().all(|row| all_finite(row)).then_some(Self { rows })
    }

    /// The x with matrix·x = `right`.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let size = self.rows.len();
        let mut x = right.to_vec();
        for i in 0..size {
            let done: f64 = (0..i).map(|k| self.rows[i][k] * x[k]).sum();
            x[i] = (x[i] - done) / self.rows[i][i];
        }
        for i in (0..size).rev() {
            let done: f64 = (i + 1..size).map(|k| self.rows[k][i] * x[k]).sum();
            x[i] = (x[i] - done) / self.rows[i][i];
        }
        x
    }

    /// The diagonal of the inverse: variances, when the matrix is an information matrix.
    pub fn inverse_diagonal(&self) -> Vec<f64> {
        let size = self.rows.len();
        let unit = |i: usize| (0..size).map(|k| if k == i { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
        (0..size).map(|i| self.solve(&unit(i))[i]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn a_small_system_is_solved() {
        let matrix = vec![vec![4.0, 2.0, 0.0], vec![2.0, 5.0, 1.0], vec![0.0, 1.0, 3.0]];
        let factored = Factored::of(&matrix).unwrap();
        for (value, expected) in factored.solve(&[8.0, 15.0, 11.0]).iter().zip([1.0, 2.0, 3.0]) {
            assert_close(*value, expected, 1e-12);
        }
        assert_close(factored.inverse_diagonal()[2], 16.0 / 44.0, 1e-12);
    }

    #[test]
    fn a_singular_system_is_refused() {
        assert!(Factored::of(&[vec![1.0, 1.0], vec![1.0, 1.0]]).is_none());
    }
}
