//! One part of a run that several machines share, `1/4`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The shard of a run: every `of`th test of the whole list, beginning with the test `number`.
///
/// Invariant: `1 <= number <= of <= Shard::MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    number: u16,
    of: u16,
}

impl Shard {
    /// The most shards of a run. Their marks fit on one page of a listing.
    pub const MOST: u16 = 500;

    /// Checks and takes a shard, `1/4`: the first of four.
    ///
    /// # Errors
    /// Says what a shard looks like, and what was given.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let shard = text.split_once('/').and_then(|(number, of)| Shard::of_digits(number, of));
        shard.ok_or_else(|| {
            format!(
                "`{}` is not a shard: expected `K/N`, such as `1/4`, with K from 1 to N, and N at most {}",
                text.escape_debug(),
                Shard::MOST
            )
        })
    }

    /// Takes two numbers as they are written: without a sign, and without zeros in front.
    pub(crate) fn of_digits(number: &str, of: &str) -> Option<Shard> {
        let digits = |text: &str| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
            plain.then(|| text.parse::<u16>().ok()).flatten()
        };
        let shard = Shard { number: digits(number)?, of: digits(of)? };
        (shard.number <= shard.of && shard.of <= Shard::MOST).then_some(shard)
    }

    /// Whether the test at this position of the whole list, counted from 0, belongs to the shard.
    /// Neighbours, which are often alike, go to different shards.
    pub fn holds(self, position: usize) -> bool {
        position % usize::from(self.of) == usize::from(self.number) - 1
    }

    /// Whether both are parts of one division, and not the same part: their tests differ.
    pub fn is_beside(self, other: Shard) -> bool {
        self.of == other.of && self.number != other.number
    }

    /// The shard in the name of a file or a key: `1-of-4`.
    pub fn name(self) -> String {
        format!("{}-of-{}", self.number, self.of)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> String {
        shard.to_string()
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Shard, String> {
        Shard::parse(&text)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        Shard::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> Shard {
        Shard::parse(text).unwrap()
    }

    #[test]
    fn a_shard_is_one_of_so_many() {
        for good in ["1/1", "1/4", "4/4", "500/500"] {
            assert_eq!(shard(good).to_string(), good);
        }
        let bad = [
            "", "1", "/", "1/", "/4", "0/4", "5/4", "1/0", "01/4", "1/04", "+1/4", "1/+4", "-1/4",
            "1/4/4", " 1/4", "1/501", "1/70000", "a/b", "1-of-4",
        ];
        for bad in bad {
            assert!(Shard::parse(bad).unwrap_err().contains("is not a shard"), "{bad:?}");
        }
    }

    #[test]
    fn all_shards_together_hold_each_position_exactly_once() {
        for of in [1, 2, 3, 7] {
            let shards: Vec<_> = (1..=of).map(|k| shard(&format!("{k}/{of}"))).collect();
            for position in 0..20 {
                assert_eq!(shards.iter().filter(|shard| shard.holds(position)).count(), 1);
            }
        }
        assert!(shard("1/4").holds(0) && shard("1/4").holds(4) && !shard("1/4").holds(1));
    }

    #[test]
    fn only_another_part_of_the_same_division_holds_other_tests() {
        assert!(shard("1/4").is_beside(shard("2/4")));
        for other in ["1/4", "2/3", "1/2"] {
            assert!(!shard("1/4").is_beside(shard(other)), "{other}");
        }
    }
}
