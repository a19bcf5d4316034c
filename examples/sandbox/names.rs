//! Czech and Slovak names, towns and trades the seeded data is made of.

/// First names with `true` for women.
pub const CZECH: [(&str, bool); 16] = [
    ("Jan", false),
    ("Petr", false),
    ("Ondřej", false),
    ("Tomáš", false),
    ("Jiří", false),
    ("Vojtěch", false),
    ("Matěj", false),
    ("Luboš", false),
    ("Jana", true),
    ("Žaneta", true),
    ("Kateřina", true),
    ("Markéta", true),
    ("Lenka", true),
    ("Tereza", true),
    ("Božena", true),
    ("Eliška", true),
];

/// First names with `true` for women.
pub const SLOVAK: [(&str, bool); 10] = [
    ("Ľuboš", false),
    ("Juraj", false),
    ("Matúš", false),
    ("Štefan", false),
    ("Dušan", false),
    ("Zuzana", true),
    ("Katarína", true),
    ("Ľudmila", true),
    ("Alžbeta", true),
    ("Dáša", true),
];

/// Surnames of men and women.
pub const CZECH_SURNAMES: [(&str, &str); 20] = [
    ("Novák", "Nováková"),
    ("Svoboda", "Svobodová"),
    ("Dvořák", "Dvořáková"),
    ("Černý", "Černá"),
    ("Procházka", "Procházková"),
    ("Kučera", "Kučerová"),
    ("Veselý", "Veselá"),
    ("Horák", "Horáková"),
    ("Němec", "Němcová"),
    ("Pokorný", "Pokorná"),
    ("Říha", "Říhová"),
    ("Šťastný", "Šťastná"),
    ("Manák", "Manáková"),
    ("Žižka", "Žižková"),
    ("Čech", "Čechová"),
    ("Beneš", "Benešová"),
    ("Fiala", "Fialová"),
    ("Sedláček", "Sedláčková"),
    ("Doležal", "Doležalová"),
    ("Zeman", "Zemanová"),
];

/// Surnames of men and women.
pub const SLOVAK_SURNAMES: [(&str, &str); 10] = [
    ("Horváth", "Horváthová"),
    ("Kováč", "Kováčová"),
    ("Tóth", "Tóthová"),
    ("Baláž", "Balážová"),
    ("Molnár", "Molnárová"),
    ("Ďurica", "Ďuricová"),
    ("Hudák", "Hudáková"),
    ("Krajčí", "Krajčíová"),
    ("Šimko", "Šimková"),
    ("Ľupták", "Ľuptáková"),
];

/// Towns and their postal codes.
pub const CZECH_TOWNS: [(&str, &str); 10] = [
    ("Praha 1", "110 00"),
    ("Brno", "602 00"),
    ("Ostrava", "702 00"),
    ("Plzeň", "301 00"),
    ("Liberec", "460 01"),
    ("Olomouc", "779 00"),
    ("České Budějovice", "370 01"),
    ("Hradec Králové", "50002"),
    ("Jihlava", "58601"),
    ("Ústí nad Labem", "400 01"),
];

/// Towns and their postal codes.
pub const SLOVAK_TOWNS: [(&str, &str); 6] = [
    ("Bratislava", "811 01"),
    ("Košice", "040 01"),
    ("Žilina", "010 01"),
    ("Banská Bystrica", "97401"),
    ("Nitra", "949 01"),
    ("Prešov", "080 01"),
];

/// Streets.
pub const STREETS: [&str; 12] = [
    "Dlouhá",
    "Nádražní",
    "Husova",
    "Komenského",
    "Na Příkopě",
    "Školní",
    "Žižkova",
    "U Lípy",
    "Palackého",
    "Štefánikova",
    "Květná",
    "28. října",
];

/// Trades, written after a comma.
pub const TRADES: [&str; 12] = [
    "lahůdky",
    "truhlářství",
    "pekařství",
    "květiny",
    "stavebniny",
    "autoservis",
    "účetnictví & daně",
    "reklama",
    "knihkupectví",
    "zahradnictví",
    "elektro",
    "čalounictví",
];

/// Legal forms.
pub const FORMS: [&str; 4] = ["s.r.o.", "s.r.o.", "a.s.", "spol. s r.o."];

/// What buyers write.
pub const REMARKS: [&str; 6] = [
    "Prosím volat předem.",
    "Zabalit jako dárek, děkuji!",
    "Doručit po 16:00\nzvonek \"Novákovi\"",
    "Fakturu <e-mailem> & poštou",
    "Ďakujem, nech sa páči 🙂",
    "Nechat u sousedů",
];

/// Text without diacritics and in lower case, for addresses.
pub fn plain(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(plain_letter)
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

fn plain_letter(letter: char) -> char {
    match letter {
        'á' | 'ä' => 'a',
        'č' => 'c',
        'ď' => 'd',
        'é' | 'ě' => 'e',
        'í' => 'i',
        'ľ' | 'ĺ' => 'l',
        'ň' => 'n',
        'ó' | 'ô' => 'o',
        'ř' | 'ŕ' => 'r',
        'š' => 's',
        'ť' => 't',
        'ú' | 'ů' => 'u',
        'ý' => 'y',
        'ž' => 'z',
        other => other,
    }
}
