//! Words of the file that stand for something.

/// An enum of words: every one, each word, and back. The first one is the default.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$each])* $variant,)+
        }

        impl $name {
            /// Every one, in the order in which they are offered.
            pub const ALL: [Self; Self::WORDS.len()] = [$(Self::$variant),+];
            /// The words in the file, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word in the file.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::ALL[0]
            }
        }

        impl<'v> $crate::config::Of<'v> for $name {
            fn of(read: &'v $crate::config::Read) -> Option<Self> {
                let word = <&str as $crate::config::Of>::of(read)?;
                Self::ALL.into_iter().find(|one| one.as_str() == word)
            }
        }
    };
}

pub(crate) use words;
