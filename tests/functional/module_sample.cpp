// module_sample DIRECTORY [PREFIX]: writes the bundles of two versions of an imagined Slurm there, for module_test.sh;
// where they look for their trees follows from PREFIX.
#include "bundle/bundle.hpp"
#include "util/files/fs.hpp"

#include <cstdio>

int main(int argc, char** argv)
{
    using namespace sf;
    if (argc < 2 || argc > 3)
        return 2;
    const std::filesystem::path output = argv[1];
    const store::LayerStore layers(output / "layers");
    const auto tree = output / "tree";
    if (!util::make_directories(tree / "bin") || !util::write_file_atomic(tree / "bin" / "srun", "#!/bin/sh\n", 0755))
        return 1;
    const auto layer = store::LayerStore(layers).add(tree);
    if (!layer)
        return 1;
    const auto none = util::sha256("");
    for (const auto& [series, version] : {std::pair("24.11", "24.11.5"), std::pair("25.05", "25.05.8")}) {
        bundle::BundledPackage slurm{"slurm",
                                     version,
                                     "GPL-2.0-or-later",
                                     "https://slurm.schedmd.com/",
                                     {{"pmix", "true"}, {"gtk", "false"}},
                                     "",
                                     "",
                                     "",
                                     none,
                                     {layer->digest, none, none},
                                     {},
                                     {},
                                     {}};
        const bundle::BundleRequest request{std::string("slurm-") + series,
                                            series,
                                            "slurm",
                                            {slurm},
                                            "bookworm",
                                            none.to_hex(),
                                            "x86_64",
                                            "0.1.0",
                                            argc > 2 ? argv[2] : "/opt/slurm/software",
                                            output};
        if (const auto made = bundle::write_bundle(request, layers, {}, {}); !made) {
            std::fputs((util::to_string(made.error()) + "\n").c_str(), stderr);
            return 1;
        }
    }
    return 0;
}
