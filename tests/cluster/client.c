/* client: a program of users, linked with the tree's libslurm and libpmi2, run as the tasks of a step. Says the name of
 * the cluster and its rank: "proof: task 0 of 2". */
#include <slurm/pmi2.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>

int main(void)
{
    slurm_conf_t *conf = NULL;
    int spawned = 0;
    int size = 0;
    int rank = -1;
    int appnum = 0;
    slurm_init(NULL);
    if (slurm_load_ctl_conf(0, &conf) != SLURM_SUCCESS) {
        slurm_perror("slurm_load_ctl_conf");
        return 1;
    }
    if (PMI2_Init(&spawned, &size, &rank, &appnum) != PMI2_SUCCESS) {
        fprintf(stderr, "PMI2_Init fails\n");
        return 1;
    }
    printf("%s: task %d of %d\n", conf->cluster_name, rank, size);
    slurm_free_ctl_conf(conf);
    PMI2_Finalize();
    slurm_fini();
    return 0;
}
