//! Functions without SR-IOV, and RDMA devices.

use vfctl_model::PciAddress;
use vfctl_port::FunctionFacts;

use crate::tree::Tree;

fn address(text: &str) -> PciAddress {
    text.parse().expect("an address")
}

#[test]
fn network_cards_and_accelerators_without_sr_iov_are_read_and_nothing_else() {
    let tree = Tree::with_two_vfs();
    let function = |address: &str, class: &str, device: &str| {
        let folder = format!("sys/bus/pci/devices/{address}");
        for (name, text) in [("class", class), ("vendor", "0x8086"), ("device", device)] {
            tree.file(&format!("{folder}/{name}"), format!("{text}\n"));
        }
        folder
    };
    let card = function("0000:00:1f.6", "0x020000", "0x15e3");
    tree.link(&format!("{card}/driver"), "../../drivers/e1000e");
    tree.file(&format!("{card}/net/eno1/type"), "1\n");
    let port = function("0000:05:00.0", "0x020700", "0x1003");
    tree.file(&format!("{port}/net/ib1/type"), "32\n");
    tree.file(&format!("{port}/net/ib0/type"), "32\n");
    function("0000:66:00.0", "0x120000", "0x0b30");
    function("0000:00:02.0", "0x030000", "0x9bc5");
    // A VF whose PF is not looked at.
    let vf = function("0000:07:10.0", "0x020000", "0x10ca");
    tree.link(&format!("{vf}/physfn"), "../0000:07:00.0");
    tree.link("sys/class/infiniband/mlx4_0/device", "../../../bus/pci/devices/0000:05:00.0");
    tree.link("sys/class/infiniband/rxe0/device", "../../../virtual/net/eno1");

    let functions = tree.facts().pci_functions.expect("functions");
    let found: Vec<String> = functions.others.keys().map(ToString::to_string).collect();
    assert_eq!(found, ["0000:00:1f.6", "0000:05:00.0", "0000:66:00.0"]);
    assert_eq!(
        functions.others.get(&address("0000:00:1f.6")),
        Some(&FunctionFacts {
            class: "0x020000".parse().ok(),
            vendor: "8086".parse().ok(),
            device: "15e3".parse().ok(),
            driver: "e1000e".parse().ok(),
            interface: "eno1".parse().ok(),
            link_type: Some("ether".to_owned()),
        })
    );
    let port = functions.others.get(&address("0000:05:00.0")).expect("the port");
    assert_eq!(port.interface.as_ref().map(ToString::to_string).as_deref(), Some("ib0"));
    assert_eq!((port.link_type.as_deref(), &port.driver), (Some("infiniband"), &None));
    let rdma: Vec<String> = functions.rdma_devices.keys().map(ToString::to_string).collect();
    assert_eq!(rdma, ["0000:05:00.0"]);
}
