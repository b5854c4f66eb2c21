# Each recipe calls one script, which works without just, too.

# What vfctl does, on emulated hardware, in two minutes.
demo:
    bash ci/demo.sh

# Every test of every tier, on a fresh machine as well.
test:
    bash ci/test.sh

# The tests that need no guest.
quick:
    bash ci/test.sh quick

# Writes the schemas and the examples' plans anew.
generate:
    bash ci/generate.sh

# Installs what building and testing need.
setup:
    bash ci/setup.sh

# Measures planning, and changing VFs beside `ip`.
bench:
    bash ci/bench.sh

# Random things on the simulator and on the kernel: do both agree?
random *ARGS:
    bash ci/random.sh {{ARGS}}

# The examples' pages in a headless browser; with a folder, its pictures are kept there.
page *ARGS:
    bash ci/page.sh {{ARGS}}

# Does the device plugin itself do as the simulator says?
device-plugin:
    bash ci/device-plugin.sh

# Damaged documents for ten minutes each: does a reader panic or hang?
soak *ARGS:
    bash ci/soak.sh {{ARGS}}

# Packages, installed, upgraded and removed in roots of their own.
packages:
    bash ci/packages.sh

# The container image, started by testcontainers.
image:
    bash ci/image.sh

# The documentation site, without broken links.
docs:
    bash ci/docs.sh

# What a release consists of, in one folder.
release:
    bash ci/release.sh
