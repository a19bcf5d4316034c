//! The file of a snapshot, as it arrives: unpacked, line by line.
//!
//! JSON lines, packed with gzip (`GET /api/customers/snapshot`, description); not every result of
//! a job is packed, so the first two bytes decide. What is held is one line and what one small
//! piece unpacks to, however long the file.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

/// So many packed bytes are unpacked at a time: gzip makes at most about a thousand bytes of one.
pub(super) const PIECE: usize = 4096;
/// The longest line.
const LONGEST: usize = 4 * 1024 * 1024;
/// The most that a file may unpack to.
const MOST: u64 = 16 * 1024 * 1024 * 1024;
/// What a gzip file begins with (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Unpacks.
pub(super) struct Lines(Unpacking);

enum Unpacking {
    /// The first bytes, too few to tell.
    Beginning(Vec<u8>),
    Plain(Cutter),
    Gzip(Box<MultiGzDecoder<Cutter>>),
}

/// Cuts text into lines.
#[derive(Default)]
struct Cutter {
    ready: Vec<Vec<u8>>,
    begun: Vec<u8>,
    sum: u64,
}

impl Write for Cutter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sum += bytes.len() as u64;
        if self.sum > MOST {
            return Err(io::Error::other("the file is too large"));
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.begun.len() + part.len() > LONGEST {
                return Err(io::Error::other("a line is too long"));
            }
            self.begun.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.ready.push(std::mem::take(&mut self.begun));
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    pub(super) fn new() -> Self {
        Self(Unpacking::Beginning(Vec::new()))
    }

    /// Takes the next bytes, [`PIECE`] at most to be frugal; gives the lines that are whole now.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        if let Unpacking::Beginning(first) = &mut self.0 {
            first.extend_from_slice(bytes);
            if first.len() < GZIP.len() {
                return Ok(Vec::new());
            }
            let first = std::mem::take(first);
            self.0 = if first.starts_with(&GZIP) {
                Unpacking::Gzip(Box::new(MultiGzDecoder::new(Cutter::default())))
            } else {
                Unpacking::Plain(Cutter::default())
            };
            return self.unpack(&first);
        }
        self.unpack(bytes)
    }

    fn unpack(&mut self, bytes: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let cutter = match &mut self.0 {
            Unpacking::Beginning(_) => return Ok(Vec::new()),
            Unpacking::Plain(cutter) => {
                cutter.write_all(bytes)?;
                cutter
            }
            Unpacking::Gzip(gzip) => {
                gzip.write_all(bytes)?;
                // What is unpacked waits inside until there is a reason to move on.
                gzip.flush()?;
                gzip.get_mut()
            }
        };
        Ok(std::mem::take(&mut cutter.ready))
    }

    /// The lines that had no end; an error where the file has none.
    pub(super) fn finish(self) -> io::Result<Vec<Vec<u8>>> {
        let mut cutter = match self.0 {
            Unpacking::Beginning(first) => Cutter {
                begun: first,
                ..Cutter::default()
            },
            Unpacking::Plain(cutter) => cutter,
            Unpacking::Gzip(gzip) => gzip.finish()?,
        };
        let last = std::mem::take(&mut cutter.begun);
        cutter.ready.push(last);
        Ok(cutter.ready)
    }

    /// Bytes held at present.
    #[cfg(test)]
    fn held(&self) -> usize {
        match &self.0 {
            Unpacking::Beginning(first) => first.len(),
            Unpacking::Plain(cutter) => cutter.begun.len(),
            Unpacking::Gzip(gzip) => gzip.get_ref().begun.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::Compression;
    use flate2::read::GzEncoder;
    use flate2::write::GzEncoder as Packer;

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut packer = Packer::new(Vec::new(), Compression::default());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    }

    /// The lines of a file that arrives in pieces of this size.
    fn read(file: &[u8], size: usize) -> io::Result<Vec<String>> {
        let mut lines = Lines::new();
        let mut all = Vec::new();
        for piece in file.chunks(size) {
            all.extend(lines.push(piece)?);
        }
        all.extend(lines.finish()?);
        let text = |line: &Vec<u8>| String::from_utf8_lossy(line).trim().to_owned();
        let mut texts: Vec<_> = all.iter().map(text).collect();
        texts.retain(|line| !line.is_empty());
        Ok(texts)
    }

    #[test]
    fn lines_come_out_whole_however_the_file_is_cut_packed_or_not() {
        let text = "{\"a\":1}\n{\"ž\":2}\r\n\n{\"c\":3}";
        let two = [packed("{\"a\":1}\n{\"ž\""), packed(":2}\n{\"c\":3}\n")].concat();
        for file in [text.as_bytes().to_vec(), packed(text), two] {
            for size in 1..=file.len() {
                let lines = read(&file, size).unwrap();
                assert_eq!(lines, ["{\"a\":1}", "{\"ž\":2}", "{\"c\":3}"], "{size}");
            }
        }
        assert_eq!(read(b"", 1).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn half_a_packed_file_gives_its_lines_and_then_an_error() {
        let texts: Vec<_> = (0..20_000).map(|n| format!("{{\"n\":{n}}}\n")).collect();
        let file = packed(&texts.concat());
        let mut lines = Lines::new();
        let mut came = 0;
        for piece in file[..file.len() / 2].chunks(PIECE) {
            came += lines.push(piece).unwrap().len();
        }
        assert!((1000..20_000).contains(&came), "{came}");
        assert!(lines.finish().is_err());
        let without_its_sum = &file[..file.len() - 8];
        assert!(read(without_its_sum, PIECE).is_err());
    }

    #[test]
    fn what_is_no_gzip_inside_is_an_error() {
        let mut file = packed("{\"a\":1}\n");
        file[12] ^= 0x55;
        assert!(read(&file, PIECE).is_err());
    }

    /// Gives the same line again and again, without ever being somewhere as a whole.
    struct Endless<'a> {
        line: &'a [u8],
        at: usize,
        left: usize,
    }

    impl Read for Endless<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let mut written = 0;
            while written < into.len() && self.left > 0 {
                let part = &self.line[self.at..];
                let part = &part[..part.len().min(into.len() - written)];
                into[written..written + part.len()].copy_from_slice(part);
                written += part.len();
                self.at = (self.at + part.len()) % self.line.len();
                self.left -= usize::from(self.at == 0);
            }
            Ok(written)
        }
    }

    #[test]
    fn a_file_of_a_hundred_megabytes_is_never_held_but_for_a_line_and_a_piece() {
        const LINE: usize = 1000;
        const COUNT: usize = 100_000;
        let line = [vec![b'x'; LINE - 1], vec![b'\n']].concat();
        let source = Endless {
            line: &line,
            at: 0,
            left: COUNT,
        };
        let mut file = GzEncoder::new(source, Compression::fast());
        let (mut lines, mut piece) = (Lines::new(), [0; PIECE]);
        let (mut came, mut most) = (0, 0);
        loop {
            let length = file.read(&mut piece).unwrap();
            if length == 0 {
                break;
            }
            let ready = lines.push(&piece[..length]).unwrap();
            came += ready.len();
            most = most.max(lines.held() + ready.iter().map(Vec::len).sum::<usize>());
        }
        lines.finish().unwrap();
        assert_eq!(came, COUNT);
        assert!(most <= 1032 * PIECE + LINE, "{most}");
    }

    #[test]
    fn a_line_without_an_end_is_refused_before_it_fills_the_memory() {
        let file = packed(&"x".repeat(LONGEST + 1));
        let error = read(&file, PIECE).unwrap_err();
        assert_eq!(error.to_string(), "a line is too long");
    }
}
