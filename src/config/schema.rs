//! Settings as data: what a table of the file may hold. A setting is declared once, here or beside
//! what it is for; reading, `--set`, secrets, questions and writing back are walks over these lists.

/// One key of a table.
#[derive(Debug)]
pub struct Field {
    /// Its name in the file.
    pub key: &'static str,
    /// What it holds.
    pub value: Value,
    /// Whether it has to be there.
    pub need: Need,
    /// What is wrong with a text (of an address or a secret, too) that would be one of this kind.
    pub check: Option<Check>,
    /// Words of earlier versions, each with the present one.
    pub former: &'static [(&'static str, &'static str)],
    /// It may also stand at the top of the file, for all connections; where it does not, this holds.
    pub shared: Option<Option<&'static str>>,
    /// More that is asked of what somebody types: a sentence.
    pub typed: Option<Check>,
    /// What is said where an answer cannot be read.
    pub amiss: &'static str,
    /// What helps to answer the wizard's question.
    pub hint: &'static str,
    /// How the wizard asks for it; empty: it does not.
    pub ask: &'static str,
    /// What it is for: whole sentences.
    pub help: &'static str,
    /// Its value in the example, as TOML.
    pub example: &'static str,
}

/// What is wrong with a text, as a part of a sentence.
pub type Check = fn(&str) -> Result<(), String>;

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// One line.
    Text,
    /// Text, also where it looks like a number.
    Id,
    /// An address that secrets may be sent to.
    Url,
    /// A secret, or where it is.
    Secret,
    /// A file, looked for beside this one.
    Path,
    /// A whole number from the first to the second.
    Whole(i64, i64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A day.
    Day,
    /// A length of time.
    Time,
    /// True or false.
    Yes,
    /// A list of texts.
    Words,
    /// A table of its own.
    Table(&'static Table),
    /// What the owner of the table reads itself.
    Own,
    /// The same, always a text.
    OwnText,
    /// The same, a table with any keys.
    Open,
}

/// Whether a key has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It has to; of a way in: where that is taken.
    Must,
    /// Without it there is none.
    May,
    /// Without it this holds.
    Usually(&'static str),
}

/// What a table may hold.
#[derive(Debug)]
pub struct Table {
    /// Of a source: keys that stand in the connection's own table, beside `program`.
    pub beside: &'static [Field],
    /// Its keys, in the order in which people read them.
    pub fields: &'static [Field],
    /// The ways in, of which at most one is taken.
    pub ways: &'static [Way],
    /// None of them need be taken.
    pub no_way: bool,
}

/// A way in.
#[derive(Debug)]
pub struct Way {
    /// What it is called in the wizard.
    pub label: &'static str,
    /// How another answer is asked for in the wizard.
    pub again: &'static str,
    /// The same for people who have to start it: the beginning of a sentence that ends in a command.
    pub anew: &'static str,
    /// Its credential may come to an end at the other side.
    pub ends: bool,
    /// Keys that say that it is this way.
    pub keys: &'static [&'static str],
    /// Keys that belong to it and to no other.
    pub with: &'static [&'static str],
}

impl Field {
    /// A key that may be left out.
    #[must_use]
    pub const fn new(key: &'static str, value: Value) -> Self {
        Self {
            key,
            value,
            need: Need::May,
            check: None,
            former: &[],
            shared: None,
            typed: None,
            amiss: "",
            hint: "",
            ask: "",
            help: "",
            example: "",
        }
    }

    /// It has to be there.
    #[must_use]
    pub const fn must(mut self) -> Self {
        self.need = Need::Must;
        self
    }

    /// Without it this holds.
    #[must_use]
    pub const fn usually(mut self, usual: &'static str) -> Self {
        self.need = Need::Usually(usual);
        self
    }

    /// More is asked of its text.
    #[must_use]
    pub const fn checked(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    /// How the wizard asks for it.
    #[must_use]
    pub const fn ask(mut self, question: &'static str) -> Self {
        self.ask = question;
        self
    }

    /// What is said where an answer cannot be read.
    #[must_use]
    pub const fn amiss(mut self, sentence: &'static str) -> Self {
        self.amiss = sentence;
        self
    }

    /// What helps to answer.
    #[must_use]
    pub const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// More is asked of what somebody types.
    #[must_use]
    pub const fn typed(mut self, check: Check) -> Self {
        self.typed = Some(check);
        self
    }

    /// What it is for: whole sentences. Without, it belongs to what the field before it says.
    #[must_use]
    pub const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// What it looks like, as TOML.
    #[must_use]
    pub const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    /// Files of earlier versions have other words for some.
    #[must_use]
    pub const fn formerly(mut self, words: &'static [(&'static str, &'static str)]) -> Self {
        self.former = words;
        self
    }

    /// It may also stand at the top of the file; where it does not, this holds.
    #[must_use]
    pub const fn shared(mut self, built_in: Option<&'static str>) -> Self {
        self.shared = Some(built_in);
        self
    }
}

impl Table {
    /// A table without ways.
    #[must_use]
    pub const fn of(fields: &'static [Field]) -> Self {
        Self {
            beside: &[],
            fields,
            ways: &[],
            no_way: true,
        }
    }

    /// All keys of it, with those beside it.
    pub fn all(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.beside.iter().chain(self.fields)
    }

    /// The field of a key.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.all().find(|field| field.key == key)
    }

    /// The way that a key belongs to.
    #[must_use]
    pub fn way_of(&self, key: &str) -> Option<&'static Way> {
        self.ways.iter().find(|way| way.all().any(|own| own == key))
    }
}

impl Way {
    /// All keys of it.
    pub fn all(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.keys.iter().chain(self.with).copied()
    }
}

/// The keys of fields.
#[must_use]
pub fn keys(fields: &'static [Field]) -> Vec<&'static str> {
    fields.iter().map(|field| field.key).collect()
}
