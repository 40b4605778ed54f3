//! The words that records are made of. None of these people exists; the awkward characters are on purpose.

pub(super) const PREFIXES: &[&str] = &["Ms.", "Mr.", "Dr.", "Prof. Dr.", "Mx."];
pub(super) const SUFFIXES: &[&str] = &["Jr.", "III", "PhD"];

pub(super) const FIRST_NAMES: &[&str] = &[
    "Ada",
    "Grace",
    "José",
    "Łukasz",
    "Mei",
    "Zoë",
    "Олег",
    "محمد",
    "𠮷子",
    "Siân",
    "Nguyễn",
    "D'Arcy",
    "Jean-Luc",
    "O\u{308}mer",
    "𝓐𝓲𝓭𝓪",
    "Ξένια",
];

pub(super) const LAST_NAMES: &[&str] = &[
    "Example",
    "Sample",
    "Muster",
    "O'Example",
    "van der Muster",
    "Þórsdóttir",
    "𠮷野",
    "Ñandú",
    "Κανένας",
    "Nobody-Smith",
    "D\"Quoted",
    "Back\\Slash",
    "Ütopia",
];

pub(super) const STREETS: &[&str] = &[
    "1 Example Way",
    "22B Baker Sample Street",
    "Musterstraße 5, Hinterhof",
    "3 Rue de l'Exemple",
    "見本町 4-5-6",
    "Building \"Seven\"\n2nd floor",
    "C:\\Route\\66",
    "Плошча Прыкладу 9",
];

/// City, state or province, two and three letters and number of the country, postal code.
pub(super) const PLACES: &[[&str; 6]] = &[
    ["Springfield", "IL", "US", "USA", "840", "62704"],
    ["Duluth", "GA", "US", "USA", "840", "30096-0001"],
    ["Montréal", "QC", "CA", "CAN", "124", "H2X 1Y4"],
    ["Zürich", "ZH", "CH", "CHE", "756", "8001"],
    ["東京", "東京都", "JP", "JPN", "392", "100-0001"],
    ["Łódź", "LD", "PL", "POL", "616", "90-001"],
    ["São Paulo", "SP", "BR", "BRA", "076", "01310-100"],
];

pub(super) const LOCALES: &[&str] = &["en_US", "es_US", "fr_CA", "de_CH", "ja_JP", "pl_PL"];
pub(super) const CUSTOMER_TYPES: &[&str] = &["Consumer", "Patient", "Business", "Prospect"];
pub(super) const PROGRAMS: &[&str] = &["NEWS", "OFFERS", "RECALLS", "SURVEYS", "EVENTS"];
pub(super) const CHANNELS: &[&str] = &["Phone", "Fax", "Text", "Email", "Mail"];
pub(super) const FREQUENCIES: &[&str] = &["Daily", "Weekly", "Monthly"];
pub(super) const TAGS: &[&str] = &["vip", "churn-risk", "β-tester", "\u{1F951} lover", "do \"not\" call"];

pub(super) const FREE_TEXTS: &[&str] = &[
    "",
    "Called; wants less mail.",
    "Said: \"never on Sundays\" \u{2014} ask again in May.",
    "Line one\nline two\r\n\tindented \\ backslashed",
    "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467} family plan \u{1F600}\u{1F3FD}",
    "</script><!-- not markup --> & 100 % plain text",
    "control: \u{1}\u{8}\u{c}\u{1f}\u{7f} end",
    "right-to-left: \u{202B}שלום\u{202C}; zero width: a\u{200B}b; separators: \u{2028}\u{2029}",
    "{\"Count\":1,\"HasMore\":true,\"Preferences\":[{}]}",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ‑ ﬁne, nai\u{308}ve and naïve",
];

/// Numbers as they stand in JSON; some fit no 64-bit integer and no double.
pub(super) const NUMBERS: &[&str] = &[
    "0",
    "42",
    "-17",
    "3.50",
    "9007199254740993",
    "9223372036854775808",
    "18446744073709551616",
    "123456789012345678901234567890",
    "0.1234567890123456789012345",
    "6.02e23",
];
