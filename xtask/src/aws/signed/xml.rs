//! As much of XML as the answers of IAM need: elements, their text, their children.

use quick_xml::events::Event;

/// An element; the document itself is one without a name.
#[derive(Debug, Default)]
pub(crate) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document; `None` where it is none.
    pub(crate) fn parse(document: &[u8]) -> Option<Element> {
        let mut reader = quick_xml::Reader::from_reader(document);
        let mut open = vec![Element::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(element) => open.push(Element::named(element.local_name().as_ref())),
                Event::Empty(element) => {
                    let element = Element::named(element.local_name().as_ref());
                    open.last_mut()?.children.push(element);
                }
                Event::End(_) => {
                    let element = open.pop()?;
                    open.last_mut()?.children.push(element);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
                // Text arrives in pieces, around each entity.
                Event::GeneralRef(reference) => {
                    let entity = format!("&{};", reference.decode().ok()?);
                    let text = quick_xml::escape::unescape(&entity).ok()?;
                    open.last_mut()?.text.push_str(&text);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        open.pop().filter(|document| open.is_empty() && !document.children.is_empty())
    }

    fn named(name: &[u8]) -> Element {
        Element { name: String::from_utf8_lossy(name).into_owned(), ..Element::default() }
    }

    /// The first element of a name, at any depth.
    pub(crate) fn find(&self, name: &str) -> Option<&Element> {
        self.children.iter().find_map(|child| match child.name == name {
            true => Some(child),
            false => child.find(name),
        })
    }

    /// The text of a direct child.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        Some(self.child(name)?.text.as_str())
    }

    /// The members of a list that is a direct child; none where it is missing.
    pub(crate) fn members(&self, name: &str) -> impl Iterator<Item = &Element> {
        let list = self.child(name).into_iter().flat_map(|list| &list.children);
        list.filter(|member| member.name == "member")
    }

    /// The text of this very element.
    pub(crate) fn own_text(&self) -> &str {
        &self.text
    }

    fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_texts_are_found() {
        let document = Element::parse(
            b"<a xmlns='x'><b><List><member><n>1 &lt; 2</n></member><member/></List></b><c/></a>",
        );
        let document = document.unwrap();
        let b = document.find("b").unwrap();
        assert_eq!(b.members("List").count(), 2);
        assert_eq!(b.members("List").next().unwrap().text("n"), Some("1 < 2"));
        assert!(document.find("d").is_none());
    }

    #[test]
    fn what_is_no_document_is_none() {
        for text in ["", "{}", "<a>", "</a>"] {
            assert!(Element::parse(text.as_bytes()).is_none(), "{text}");
        }
    }
}
