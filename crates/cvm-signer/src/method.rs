//! The two HTTP methods of the API, so that a third one is refused before anything is signed.

use core::fmt;

/// The HTTP method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`: the parameters travel in the query string.
    Get,
    /// `POST`: the parameters travel in the body.
    Post,
}

impl Method {
    /// The method that a request line names; `None` for any other than `GET` and `POST`.
    ///
    /// Methods are case-sensitive in HTTP, so `get` is not a method of the API.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "GET" => Some(Self::Get),
            "POST" => Some(Self::Post),
            _ => None,
        }
    }

    /// The word on the request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
