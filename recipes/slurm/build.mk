# Builds Slurm's directories side by side, in the top of a configured source
# tree, and installs them in the same way: make -f build.mk [install]. Slurm's
# own Makefiles visit some 130 of them one after the other, most with a file or
# two to compile, which leaves processors idle.

# src/api builds these on its way, as parts of libslurm.
api   := src/api
parts := src/common src/conmgr src/interfaces

# The directories that Slurm's own Makefile enters from one: configure leaves
# some out, in which lies what does not compile without a library.
subdirs = $(addprefix $(1)/,$(shell printf \
	'include Makefile\nsubdirs:\n\t@echo $$(SUBDIRS)\n' | \
	MAKEFLAGS= $(MAKE) -s --no-print-directory -C $(1) -f - subdirs))

# Directories whose libraries others link would be entered by several makes
# at once, so they come before the rest.
shared  := $(shell find src -name Makefile.am -exec grep -hoE \
	'top_builddir./src/[a-z0-9_/]+/lib[a-z0-9_]+[.](la|o)' {} + | \
	sed 's|^top_builddir./||; s|/[^/]*$$||' | sort -u)
tops    := $(call subdirs,src/plugins) $(call subdirs,src)
parents := $(filter-out src src/plugins,$(sort $(patsubst %/,%,$(dir $(shared)))))
entered := $(tops) $(foreach parent,$(filter $(tops),$(parents)),$(call subdirs,$(parent)))
shared  := $(filter-out $(api) $(parts),$(filter $(entered),$(shared)))

# What configure does not know it keeps all the same: the directories of
# contribs that the recipe asks for.
contribs := $(subst ',,$(shell ./config.status --config))
contribs := $(patsubst --with-contrib-%,contribs/%,$(filter --with-contrib-%,$(contribs)))
contribs := $(patsubst %/Makefile,%,$(wildcard $(contribs:=/Makefile)))

# The longest work first.
first := src/slurmctld src/slurmd src/plugins/data_parser
rest  := $(filter $(tops),$(first)) $(filter-out $(first),$(tops)) $(contribs)
rest  := $(filter-out src/plugins $(api) $(parts) $(shared),$(rest))

# Plugins of slurmrestd: versions up to 23.02 make them without it.
ifneq (,$(findstring --disable-slurmrestd,$(shell ./config.status --config)))
rest  := $(filter-out src/plugins/openapi,$(rest))
endif

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
