//! Values of VF attributes in the short spelling of scenarios, by shape.

use vfctl_model::{Mbps, ParseError, RateLimits, Shape, VfAttribute, VfValue, VlanTag};

/// Reads `default`, what the model reads for the attribute's shape, or its short spelling: `ID[:QOS[:PROTO]]` for
/// a VLAN and `MIN:MAX` for rates in Mbit/s.
pub(super) fn parse(attribute: VfAttribute, text: &str) -> Result<VfValue, ParseError> {
    if text == "default" {
        return Ok(attribute.factory());
    }
    let shape = attribute.row().shape;
    VfValue::parse(shape, text).or_else(|error| match shape {
        Shape::Vlan => vlan(text).map(VfValue::Vlan),
        Shape::Rate => rate(text).map(VfValue::Rate),
        Shape::Mac | Shape::Toggle | Shape::LinkState => Err(error),
    })
}

fn vlan(text: &str) -> Result<VlanTag, ParseError> {
    let wanted = || ParseError::new(text, "VLAN such as `100:3:802.1ad`");
    let mut parts = text.split(':');
    let mut number = || parts.next().map(|part| part.parse::<u64>().map_err(|_| wanted())).transpose();
    let id = number()?.ok_or_else(wanted)?.try_into()?;
    let qos = number()?.unwrap_or(0).try_into()?;
    let protocol = parts.next().map(str::parse).transpose()?.unwrap_or_default();
    match parts.next() {
        None => Ok(VlanTag { id, qos, protocol }),
        Some(_) => Err(wanted()),
    }
}

fn rate(text: &str) -> Result<RateLimits, ParseError> {
    let wanted = || ParseError::new(text, "rates such as `0:1000`, in Mbit/s");
    let (min, max) = text.split_once(':').ok_or_else(wanted)?;
    let number = |part: &str| part.parse().map(Mbps).map_err(|_| wanted());
    Ok(RateLimits { min: number(min)?, max: number(max)? })
}
