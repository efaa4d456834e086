#include "app/cluster/init.hpp"
#include "cli/choice.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

namespace sf::cli {
namespace {

struct InitChoice {
    std::string directory = ".";
    app::NewCluster cluster;
    bool missing_only = false;
};

bool has(const app::NewCluster& cluster, app::HostModule wanted)
{
    return std::find(cluster.modules.begin(), cluster.modules.end(), wanted) != cluster.modules.end();
}

void print_next(const app::NewCluster& cluster, const std::string& directory)
{
    print("\nNext:\n"
          "  1. Look through {}/etc/slurm/slurm.conf: put what `slurmd -C` prints on a node into the line NodeName.\n"
          "  2. Roll a bundle out to {} on every host, and copy etc/ there: the controller and the hosts that\n"
          "     people log in to need etc/slurm/slurm.conf, the nodes fetch it from the controller.\n",
          directory, cluster.prefix);
    print("  3. On every host: systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload\n"
          "  4. Make the key on one host, and copy it to every other:\n"
          "     sudo -u munge {}/current/sbin/mungekey --create --keyfile /etc/munge/munge.key\n",
          cluster.prefix);
    int step = 5;
    if (!cluster.database.empty())
        print("  {}. On {}: set StoragePass in slurmdbd.conf, chown it to slurm, and make the database user;\n"
              "     systemctl enable --now munge slurmdbd\n",
              step++, cluster.database);
    print("  {}. On {}: systemctl enable --now munge slurmctld; on the nodes: systemctl enable --now munge slurmd\n",
          step++, cluster.control);
    if (has(cluster, app::HostModule::nss))
        print("  {}. On the nodes: put slurm first in the lines passwd and group of /etc/nsswitch.conf;\n"
              "     ln -s {}/d/lib/libnss_slurm.so.2 LIBRARIES\n"
              "     LIBRARIES is /usr/lib/x86_64-linux-gnu on Debian and Ubuntu, and /usr/lib64 elsewhere.\n",
              step++, cluster.prefix);
    if (has(cluster, app::HostModule::pam))
        print("  {}. On the nodes: make `account include slurm-adopt` the last of the lines of /etc/pam.d/sshd that\n"
              "     begin with account or @include common-account, and remove pam_systemd from the files that sshd "
              "uses.\n",
              step++);
}

util::Result<int> run_init(const InitChoice& choice)
{
    SF_TRY(const auto files, app::init_cluster(choice.cluster, choice.directory,
                                               choice.missing_only ? app::Existing::skip : app::Existing::refuse));
    for (const auto& file : files.written)
        print("wrote  {}/{}\n", choice.directory, file);
    for (const auto& file : files.skipped)
        print("kept   {}/{}\n", choice.directory, file);
    if (!files.written.empty())
        print_next(choice.cluster, choice.directory);
    const std::string configuration = "etc/slurm/slurm.conf";
    if (!choice.cluster.modules.empty() &&
        std::find(files.skipped.begin(), files.skipped.end(), configuration) != files.skipped.end())
        print("\n{}/{} was kept. Before you change anything on the nodes, add to it:\n{}{}", choice.directory,
              configuration, has(choice.cluster, app::HostModule::pam) ? "     PrologFlags=contain\n" : "",
              has(choice.cluster, app::HostModule::nss) ? "     LaunchParameters=enable_nss_slurm\n" : "");
    return 0;
}

void define_init(CLI::App& command, Invocation& invocation)
{
    auto choice = std::make_shared<InitChoice>();
    auto& cluster = choice->cluster;
    command.add_option("DIRECTORY", choice->directory, "Directory in which etc/ is made [the current directory]");
    command.add_option("--cluster", cluster.name, "Name of the cluster")->type_name("NAME")->required();
    command.add_option("--control", cluster.control, "Host of slurmctld")->type_name("HOST")->required();
    command.add_option("--nodes", cluster.nodes, "The nodes, as Slurm writes lists of hosts")
        ->type_name("HOSTLIST")
        ->required();
    command.add_option("--prefix", cluster.prefix, "Directory of deployed bundles [/opt/slurm]")->type_name("DIR");
    command.add_option("--database", cluster.database, "Host of slurmdbd, for accounting")->type_name("HOST");
    command
        .add_option("--with", cluster.modules,
                    "Also files for programs of the nodes: nss (users of jobs), pam (sshd admits users with a job)")
        ->type_name("MODULE")
        ->allow_extra_args(false)
        ->delimiter(',')
        ->transform(cli::choice<app::HostModule>({{"nss", app::HostModule::nss}, {"pam", app::HostModule::pam}}));
    command.add_flag("--missing-only", choice->missing_only, "Keep existing files, and write the others");
    command.callback([&invocation, choice] {
        invocation.action = [choice](const app::Session& /*session*/) { return run_init(*choice); };
    });
}

const Registration registered_init({
    .place = {HelpGroup::hosts, 2},
    .path = "init",
    .description = "Write first configuration files and systemd units of a cluster",
    .examples = "slurm-factory init mycluster --cluster mine --control head1 --nodes 'node[01-16]'\n"
                "  slurm-factory init / --cluster mine --control head1 --nodes 'node[01-16]' "
                "--database db1 --missing-only",
    .needs = Needs::nothing,
    .define = define_init,
});

} // namespace
} // namespace sf::cli
