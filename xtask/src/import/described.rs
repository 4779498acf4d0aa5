//! Reads facts about paging from the description of a member.
//!
//! The text itself belongs to somebody else. It is dropped while it is read, so that no word of it can reach a spec.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// What the description of a member says about paging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// The member has the number of a page, not of an entry.
    pub counts_pages: bool,
    /// The value must be a multiple of the page size.
    pub is_multiple: bool,
    /// The smallest number that is called a maximum.
    pub maximum: Option<u64>,
    /// The number of the first page, 0 or 1.
    pub first_page: Option<u64>,
}

/// Words for the number of a page.
const PAGE_NUMBERS: [&str; 9] = [
    "页码",
    "页数",
    "页号",
    "第几页",
    "当前页",
    "分页索引",
    "page number",
    "page index",
    "page no",
];

/// Words before a maximum.
const MAXIMUM: [&str; 11] = [
    "最大",
    "上限",
    "不超过",
    "不能超过",
    "不大于",
    "最多",
    "至多",
    "maximum",
    "Maximum",
    "max",
    "Max",
];

/// What may be between such a word and its number.
const BETWEEN: &str = "值为是支持限制可设置数量返回条个的能大于：: ，=（(*";

/// Words before the number of the first page, a default, or a minimum.
const FIRST_PAGE: [&str; 14] = [
    "从",
    "起始",
    "第一页",
    "默认",
    "缺省",
    "最小",
    "不能小于",
    "大于等于",
    "≥",
    ">=",
    "&gt;=",
    "[",
    "from",
    "efault",
];

/// Words before a number that the first page exceeds.
const ABOVE: [&str; 3] = ["大于", ">", "&gt;"];

/// What may be between such a word and its number.
const BETWEEN_FIRST: &str = "值为是填：:（( =\n";

impl Described {
    /// Reads a description.
    pub fn read(text: &str) -> Self {
        Self {
            counts_pages: counts_pages(text),
            is_multiple: text.contains("倍") || text.contains("multiple of"),
            maximum: maximum(text),
            first_page: first_page(text),
        }
    }
}

/// A formula such as `(page - 1) * size` describes an offset, and the words for a page size are no page number.
fn counts_pages(text: &str) -> bool {
    if !PAGE_NUMBERS.iter().any(|word| text.contains(word)) || text.contains(['*', '×']) {
        return false;
    }
    let text = text.replace("每页", "");
    PAGE_NUMBERS.iter().any(|word| text.contains(word))
}

fn maximum(text: &str) -> Option<u64> {
    let after_words =
        MAXIMUM.iter().flat_map(|word| text.match_indices(word).map(|(at, word)| at + word.len()));
    let after_words = after_words.filter_map(|at| {
        number(text.get(at..)?.trim_start_matches(|letter| BETWEEN.contains(letter)))
    });
    // The end of a range, as in `[1, 100]` and `1~100`.
    let after_ranges = text.match_indices(['-', '~', '～', ',', '，']).filter_map(|(at, mark)| {
        let before = text.get(..at)?.trim_end();
        let is_start = before.strip_suffix(['0', '1']).is_some_and(|rest| match mark {
            "," | "，" => rest.ends_with(['[', '(', '（']),
            _ => !rest.ends_with(|letter: char| letter.is_ascii_digit() || letter == '.'),
        });
        if is_start { number(text.get(at + mark.len()..)?.trim_start()) } else { None }
    });
    after_words.chain(after_ranges).filter(|number| *number > 0).min()
}

/// The number of the first page, if nothing in the text contradicts it.
fn first_page(text: &str) -> Option<u64> {
    let after = |word: &'static str, skipped: &'static str| {
        text.match_indices(word).filter_map(move |(at, word)| {
            let rest = text.get(at + word.len()..)?;
            number(rest.trim_start_matches(|letter: char| skipped.contains(letter)))
        })
    };
    let named = FIRST_PAGE.iter().flat_map(|word| after(word, BETWEEN_FIRST));
    let above = ABOVE.iter().flat_map(|word| after(word, " ")).filter(|number| *number == 0);
    let mut found = named.filter(|number| *number <= 1).chain(above.map(|_| 1));
    let first = found.next()?;
    found.all(|number| number == first).then_some(first)
}

fn number(text: &str) -> Option<u64> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

impl<'de> Deserialize<'de> for Described {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Described;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a description")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Described, E> {
                Ok(Described::read(text))
            }
            fn visit_unit<E: Error>(self) -> Result<Described, E> {
                Ok(Described::default())
            }
        }
        deserializer.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_are_recognized() {
        for text in
            ["页码", "查询第几页，从 0 开始", "分页，页数，默认0", "The page number, from 1."]
        {
            assert!(Described::read(text).counts_pages, "{text}");
        }
        for text in [
            "偏移量，默认为0",
            "偏移量 = (页码-1) * 每页条数",
            "配合每页数量使用",
            "Number of entries to skip",
            "",
        ] {
            assert!(!Described::read(text).counts_pages, "{text}");
        }
    }

    #[test]
    fn offsets_that_must_be_multiples_are_recognized() {
        assert!(Described::read("取 Limit 整数倍").is_multiple);
        assert!(Described::read("A multiple of Limit").is_multiple);
        assert!(!Described::read("默认为0").is_multiple);
    }

    #[test]
    fn first_page_number_is_recognized_unless_it_is_contradicted() {
        for (text, first) in [
            ("<p>页码，从 0 开始</p>", Some(0)),
            ("分页页码 第一页是0", Some(0)),
            ("当前页面索引，默认值为0", Some(0)),
            ("The page number, from 0.", Some(0)),
            ("页码，从1开始，默认1", Some(1)),
            ("页数，取值范围为[1, 1000]。", Some(1)),
            ("页码（必须大于0）", Some(1)),
            ("<p>页码（取值范围&gt;0）</p>", Some(1)),
            ("不传或传0时 会默认为1", Some(1)),
            ("The page number. Default: 1.", Some(1)),
            ("页码", None),
            ("分页条数，默认10条", None),
            ("页码，大于等于1，默认值为0", None),
            ("", None),
        ] {
            assert_eq!(Described::read(text).first_page, first, "{text}");
        }
    }

    #[test]
    fn maximum_is_the_smallest_number_that_is_called_one() {
        for (text, maximum) in [
            ("默认为20，最大值为100。", Some(100)),
            ("默认 10，最大 50。", Some(50)),
            ("上限：25", Some(25)),
            ("不超过 200 条", Some(200)),
            ("取值范围：[1, 30]，默认值：10", Some(30)),
            ("取值范围：1~60", Some(60)),
            ("Default 20, maximum 100.", Some(100)),
            ("最大值为100。单次最多返回 40 条", Some(40)),
            ("默认为20", None),
            ("分页大小", None),
            ("2021-01-01, 11, 12", None),
            ("最大值为99999999999999999999999", None),
        ] {
            assert_eq!(Described::read(text).maximum, maximum, "{text}");
        }
    }
}
