# Builds Slurm's directories side by side, in the top of a configured source
# tree: make -f build.mk. Slurm's own Makefiles visit some 130 of them one
# after the other, most with a file or two to compile, which leaves processors
# idle.

# src/api builds these on its way, as parts of libslurm.
api   := src/api
parts := src/common src/conmgr src/interfaces

# Directories whose libraries others link would be entered by several makes
# at once, so they come before the rest.
shared := $(shell find src -name Makefile.am -exec grep -hoE \
	'top_builddir./src/[a-z0-9_/]+/lib[a-z0-9_]+[.](la|o)' {} + | \
	sed 's|^top_builddir./||; s|/[^/]*$$||' | sort -u)
shared := $(filter-out $(api) $(parts),$(shared))

# The longest work first.
first := src/slurmctld src/slurmd
rest  := $(first) $(filter-out $(first),$(wildcard src/plugins/* src/* contribs/pmi contribs/pmi2))
rest  := $(patsubst %/Makefile,%,$(wildcard $(rest:=/Makefile)))
rest  := $(filter-out src/plugins $(api) $(parts) $(shared),$(rest))

.PHONY: all $(api) $(shared) $(rest)
all: $(api) $(shared) $(rest)
$(shared): $(api)
$(rest): $(shared)

$(api) $(shared) $(rest):
	+$(MAKE) -C $@
