//! The two HTTP methods of the API. Any other is rejected before anything is signed.

use core::fmt;

/// The HTTP method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`: the parameters are in the query string.
    Get,
    /// `POST`: the parameters are in the body.
    Post,
}

impl Method {
    /// Parses the method of a request line; `None` for any other than `GET` and `POST`.
    ///
    /// Methods are case-sensitive in HTTP, so `get` is not a method of the API.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "GET" => Some(Self::Get),
            "POST" => Some(Self::Post),
            _ => None,
        }
    }

    /// The method as in the request line.
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
