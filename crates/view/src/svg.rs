//! A host as a drawing: ports with their VFs, a tile each; who uses them; pools and networks. It is as wide as a phone, so
//! that it is read there as it is, and stands beside text elsewhere.

use std::fmt::Write;

use crate::code::shortened;
use crate::markup::{element, escaped};
use crate::picture::{Fate, Picture, Pool, Pools, Port, Tile, User};

/// How wide a drawing is.
pub(crate) const WIDTH: usize = 360;

/// The space around a drawing and within its boxes.
const EDGE: usize = 14;

/// How many tiles stand in a row.
const COLUMNS: usize = 8;

/// The size of a tile, and the gap to the next.
const TILE: (usize, usize, usize) = (36, 34, 5);

/// How many characters of a user's name stand in a line.
const LINE: usize = 40;

/// How many characters of a note are shown.
const NOTE: usize = 400;

/// How many pools have a colour of their own; each has a letter as well.
const COLOURS: usize = 6;

/// How colours and type of a drawing follow the reader's: also within a page.
pub(crate) const STYLE: &str = include_str!("svg.css");

/// The inside of a drawing while it grows.
struct Drawing {
    text: String,
    y: usize,
}

/// Draws hosts below one another, as a file of its own.
pub fn svg(pictures: &[Picture]) -> String {
    let drawings: Vec<(String, usize)> = pictures.iter().map(inside).collect();
    let height: usize = drawings.iter().map(|(_, height)| height + EDGE).sum::<usize>() + EDGE;
    let mut text = opening(WIDTH, height.max(60), 0);
    let hosts = pictures.iter().map(|picture| picture.host.clone()).collect::<Vec<_>>().join(", ");
    let described: Vec<String> = pictures.iter().map(description).collect();
    text.push_str(&titled(0, &format!("SR-IOV of {}", shortened(&hosts, 200)), &described.join(" ")));
    let _ = write!(text, "<style>{STYLE}</style><rect class=\"v-page\" width=\"100%\" height=\"100%\"/>");
    let mut y = EDGE;
    for (drawing, height) in drawings {
        let _ = write!(text, "<g transform=\"translate(0 {y})\">{drawing}</g>");
        y += height + EDGE;
    }
    if pictures.is_empty() {
        text.push_str(&words(EDGE, 34, "v-name", "There are no hosts."));
    }
    text + "</svg>\n"
}

/// Draws a host within a page, where `number` tells it from others.
pub(crate) fn figure(picture: &Picture, number: usize) -> String {
    let (drawing, height) = inside(picture);
    let title = titled(number, &format!("SR-IOV of {}", picture.host), &description(picture));
    format!("{}{title}{drawing}</svg>\n", opening(WIDTH, height, number))
}

fn opening(width: usize, height: usize, number: usize) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"v\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"v{number}t v{number}d\">\n"
    )
}

fn titled(number: usize, title: &str, description: &str) -> String {
    format!(
        "<title id=\"v{number}t\">{}</title><desc id=\"v{number}d\">{}</desc>\n",
        escaped(title),
        escaped(description)
    )
}

/// Says in words what a drawing shows.
fn description(picture: &Picture) -> String {
    let Picture { host, ports, pools } = picture;
    if ports.is_empty() {
        return format!("{host}: no port can have VFs.");
    }
    let port = |port: &Port| {
        let counts = [Fate::Created, Fate::Changed, Fate::Recreated, Fate::Removed].map(|fate| {
            let count = port.fates.get(&fate)?;
            Some(format!(", {count} {}", fate.word()))
        });
        let disrupted = match port.disrupted {
            0 => String::new(),
            1 => ", 1 user disrupted".to_owned(),
            count => format!(", {count} users disrupted"),
        };
        format!(
            "{}: {}{}{disrupted}.",
            port.name,
            port.count,
            counts.into_iter().flatten().collect::<String>()
        )
    };
    let pool = |pool: &Pool| {
        let networks = if pool.networks.is_empty() {
            String::new()
        } else {
            format!(", networks {}", pool.networks.join(", "))
        };
        format!("Pool {}: {} VFs{networks}.", pool.resource, pool.devices.len())
    };
    let unknown = pools.note().map(|note| format!("{note}."));
    let said: Vec<String> =
        ports.iter().map(port).chain(pools.known().iter().map(pool)).chain(unknown).collect();
    format!("{host}. {}", said.join(" "))
}

/// Returns the inside of a host's drawing, and its height.
fn inside(picture: &Picture) -> (String, usize) {
    let Picture { host, ports, pools } = picture;
    let mut drawing = Drawing { text: String::new(), y: 18 };
    drawing.words(EDGE, "v-host", host, 42);
    drawing.y += 10;
    if ports.is_empty() {
        drawing.y += 14;
        drawing.words(EDGE, "v-small", "No port of this host can have VFs.", 60);
    }
    for port in ports {
        drawing.port(port, pools.known());
    }
    if !pools.known().is_empty() {
        drawing.pools(pools.known());
    }
    if let Some(note) = pools.note() {
        drawing.note(&note);
    }
    drawing.legend(ports);
    (drawing.text, drawing.y + 6)
}

impl Drawing {
    /// Writes a line of text at most so many characters long.
    fn words(&mut self, x: usize, class: &str, content: &str, most: usize) {
        let line = words(x, self.y, class, &shortened(content, most));
        self.text.push_str(&line);
    }

    /// Writes a line of text that ends at the right edge of a box.
    fn words_at_end(&mut self, class: &str, content: &str) {
        let line = words(WIDTH - 2 * EDGE, self.y, &format!("{class} v-end"), content);
        self.text.push_str(&line);
    }

    /// Draws a box around what `inside` draws.
    fn boxed(&mut self, class: &str, inside: impl FnOnce(&mut Self)) {
        let (top, before) = (self.y, self.text.len());
        self.y += 22;
        inside(self);
        self.y += 12;
        let (width, height) = (WIDTH - 2 * 6, self.y - top);
        let frame = format!(
            "<rect class=\"{class}\" x=\"6\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"9\"/>"
        );
        self.text.insert_str(before, &frame);
        self.y += 10;
    }

    fn port(&mut self, port: &Port, pools: &[Pool]) {
        let Port { name, about, count, tiles, more, fates: _, users, more_users, disrupted: _ } = port;
        self.boxed("v-port", |drawing| {
            drawing.words(2 * EDGE - 8, "v-name", name, 24);
            drawing.words_at_end("v-count", count);
            drawing.y += 17;
            drawing.words(2 * EDGE - 8, "v-small", about, 58);
            drawing.y += 10;
            for (position, tile) in tiles.iter().enumerate() {
                let (width, height, gap) = TILE;
                let (x, row) = (2 * EDGE - 8 + position % COLUMNS * (width + gap), position / COLUMNS);
                let drawn = draw_tile(tile, x, drawing.y + row * (height + gap), pools);
                drawing.text.push_str(&drawn);
            }
            drawing.y += tiles.len().div_ceil(COLUMNS) * (TILE.1 + TILE.2);
            if *more > 0 {
                drawing.y += 12;
                drawing.words(2 * EDGE - 8, "v-small", &format!("… and {more} more VFs"), 60);
            }
            if !users.is_empty() {
                drawing.y += 4;
            }
            for user in users {
                drawing.y += 17;
                drawing.user(user);
            }
            if *more_users > 0 {
                drawing.y += 17;
                drawing.words(2 * EDGE - 8, "v-small", &format!("… and {more_users} more users"), 60);
            }
        });
    }

    fn user(&mut self, User { vf, who, is_disrupted }: &User) {
        let (class, sign) = if *is_disrupted { ("v-bad", "!") } else { ("v-user", "●") };
        self.words(2 * EDGE - 8, class, sign, 1);
        let of = vf.map_or_else(|| "port".to_owned(), |vf| format!("VF {vf}"));
        // A drawing breaks no lines by itself.
        for (number, line) in lines(&shortened(&format!("{of}: {who}"), 3 * LINE)).iter().enumerate() {
            self.y += if number > 0 { 15 } else { 0 };
            self.words(2 * EDGE + 6, class, line, LINE);
        }
    }

    fn pools(&mut self, pools: &[Pool]) {
        self.boxed("v-pools", |drawing| {
            drawing.words(2 * EDGE - 8, "v-count", "Pools and networks", 40);
            for (number, Pool { resource, devices, networks }) in pools.iter().enumerate() {
                drawing.y += 12;
                let (x, y) = (2 * EDGE - 8, drawing.y);
                let colour = number % COLOURS;
                let _ = write!(
                    drawing.text,
                    "<rect class=\"v-tile v-p{colour}\" x=\"{x}\" y=\"{y}\" width=\"20\" height=\"20\" rx=\"5\"/>"
                );
                drawing.y += 14;
                drawing.words(x + 10, "v-mid", &letter(number), 3);
                drawing.words(x + 28, "v-name", resource, 30);
                drawing.words_at_end("v-count", &format!("{} VFs", devices.len()));
                for network in networks {
                    drawing.y += 17;
                    drawing.words(x + 28, "v-small", &format!("→ {network}"), 50);
                }
                drawing.y += 6;
            }
        });
    }

    /// Writes a note, in a box as wide as the drawing.
    fn note(&mut self, note: &str) {
        self.boxed("v-pools", |drawing| {
            for (number, line) in lines(&shortened(note, NOTE)).iter().enumerate() {
                drawing.y += if number > 0 { 15 } else { 0 };
                drawing.words(2 * EDGE - 8, "v-small", line, LINE);
            }
        });
    }

    /// Says what signs mean, of those that are there.
    fn legend(&mut self, ports: &[Port]) {
        let tiles = || ports.iter().flat_map(|port| &port.tiles);
        let fates = [Fate::Created, Fate::Changed, Fate::Recreated, Fate::Removed];
        let mut signs: Vec<String> = fates
            .into_iter()
            .filter(|fate| tiles().any(|tile| tile.fate == *fate))
            .filter_map(|fate| Some(format!("{} {}", fate.sign()?, fate.word())))
            .collect();
        if ports.iter().any(|port| !port.users.is_empty()) {
            signs.push("● in use".to_owned());
        }
        if tiles().any(|tile| tile.is_disrupted)
            || ports.iter().any(|p| p.users.iter().any(|u| u.is_disrupted))
        {
            signs.push("! disrupted".to_owned());
        }
        if !signs.is_empty() {
            self.y += 12;
            self.words(EDGE, "v-small", &signs.join("  ·  "), 80);
            self.y += 4;
        }
    }
}

/// Draws a VF: its number, its pool's letter, and signs for what becomes of it and whether it is in use.
fn draw_tile(tile: &Tile, x: usize, y: usize, pools: &[Pool]) -> String {
    let Tile { vf, fate, pool, driver, is_used, is_disrupted } = tile;
    let (width, height, _) = TILE;
    let colour = pool.map_or_else(String::new, |pool| format!(" v-p{}", pool % COLOURS));
    let bad = if *is_disrupted { " v-disrupted" } else { "" };
    let sign = if *is_disrupted { Some("!") } else { fate.sign() };
    let mut said = format!("VF {vf}: {}", fate.word());
    if let Some(pool) = pool.and_then(|pool| pools.get(pool)) {
        let _ = write!(said, ", pool {}", pool.resource);
    }
    if let Some(driver) = driver {
        let _ = write!(said, ", driver {driver}");
    }
    said.push_str(if *is_disrupted {
        ", its user is disrupted"
    } else if *is_used {
        ", in use"
    } else {
        ""
    });
    let mut text = format!(
        "<rect class=\"v-tile {}{colour}{bad}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>",
        fate.class()
    );
    text.push_str(&words(x + width / 2, y + 15, "v-mid v-vf", &vf.to_string()));
    let below = [pool.map(letter), sign.map(str::to_owned), is_used.then(|| "●".to_owned())];
    let below: Vec<String> = below.into_iter().flatten().collect();
    if !below.is_empty() {
        text.push_str(&words(x + width / 2, y + 29, "v-mid v-sign", &below.join(" ")));
    }
    element("g", "", &format!("<title>{}</title>{text}", escaped(&said))) + "\n"
}

/// Returns a line of text.
fn words(x: usize, y: usize, class: &str, content: &str) -> String {
    element("text", &format!("class=\"{class}\" x=\"{x}\" y=\"{y}\""), &escaped(content))
}

/// Breaks a text into lines, between words where these are short enough.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let fits = |line: &&mut String| line.chars().count() + 1 + word.chars().count() <= LINE;
        if let Some(line) = lines.last_mut().filter(fits) {
            line.push(' ');
            line.push_str(word);
            continue;
        }
        let word: Vec<char> = word.chars().collect();
        lines.extend(word.chunks(LINE).map(|part| part.iter().collect::<String>()));
    }
    lines
}

/// Returns by what a pool is known in tiles: A to Z, and numbers from there on.
fn letter(pool: usize) -> String {
    u8::try_from(pool)
        .ok()
        .filter(|pool| *pool < 26)
        .map_or_else(|| pool.to_string(), |pool| char::from(b'A' + pool).to_string())
}

impl Pools {
    /// Returns what is said where they are not known.
    fn note(&self) -> Option<String> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(why) => Some(format!("Pools cannot be predicted: {why}")),
        }
    }
}

impl Fate {
    fn word(self) -> &'static str {
        match self {
            Self::Kept => "unchanged",
            Self::Created => "new",
            Self::Changed => "changed",
            Self::Recreated => "destroyed and made again",
            Self::Removed => "removed",
        }
    }

    fn sign(self) -> Option<&'static str> {
        match self {
            Self::Kept => None,
            Self::Created => Some("+"),
            Self::Changed => Some("~"),
            Self::Recreated => Some("±"),
            Self::Removed => Some("−"),
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Kept => "v-kept",
            Self::Created => "v-new",
            Self::Changed => "v-changed",
            Self::Recreated => "v-again",
            Self::Removed => "v-gone",
        }
    }
}
