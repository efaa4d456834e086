# Builds Slurm's directories side by side, in the top of a configured source
# tree, and installs them in the same way: make -f build.mk [install]. Slurm's
# own Makefiles visit some 130 of them one after the other, most with a file or
# two to compile, which leaves processors idle.

# src/api builds these on its way, as parts of libslurm.
api   := src/api
parts := src/common src/conmgr src/interfaces

# Directories whose libraries others link would be entered by several makes
# at once, so they come before the rest.
shared := $(shell find src -name Makefile.am -exec grep -hoE \
	'top_builddir./src/[a-z0-9_/]+/lib[a-z0-9_]+[.](la|o)' {} + | \
	sed 's|^top_builddir./||; s|/[^/]*$$||' | sort -u)
shared := $(filter-out $(api) $(parts),$(shared))

# What configure does not know it keeps all the same: the directories of
# contribs that the recipe asks for.
contribs := $(subst ',,$(shell ./config.status --config))
contribs := $(patsubst --with-contrib-%,contribs/%,$(filter --with-contrib-%,$(contribs)))

# The longest work first.
first := src/slurmctld src/slurmd src/plugins/data_parser
rest  := $(first) $(filter-out $(first),$(wildcard src/plugins/* src/*) $(contribs))
rest  := $(patsubst %/Makefile,%,$(wildcard $(rest:=/Makefile)))
rest  := $(filter-out src/plugins $(api) $(parts) $(shared),$(rest))

# These hold nothing to compile.
data := etc doc/man

.PHONY: all install $(api) $(shared) $(rest) $(data)
all: $(api) $(shared) $(rest)
install: all $(data)
	+$(MAKE) install-pkgincludeHEADERS
$(shared): $(api)
$(rest): $(shared)

$(api) $(shared) $(rest) $(data):
	+$(MAKE) -C $@ $(filter install,$(MAKECMDGOALS))
