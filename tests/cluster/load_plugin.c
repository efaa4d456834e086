/*
 * load_plugin TREE PLUGIN...: loads each plugin of lib/slurm the way slurmctld does, and says what it is. Plugins take
 * their undefined symbols from the daemon that loads them, so the first thing loaded is the library all daemons have;
 * resolution is lazy, as in Slurm's plugin_load_from_file().
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

/* Variables of slurmctld and slurmd that plugins use; linked with -rdynamic. */
void *conf, *resv_list, *job_list, *part_list, *avail_node_bitmap, *slurmctld_config;
void *node_record_table_ptr, *last_node_bitmap;
time_t last_job_update, last_node_update, last_part_update, last_resv_update;

int main(int argc, char **argv)
{
	char path[PATH_MAX];
	int failures = 0;

	snprintf(path, sizeof(path), "%s/lib/slurm/libslurmfull.so", argv[1]);
	if (!dlopen(path, RTLD_NOW | RTLD_GLOBAL)) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	for (int i = 2; i < argc; i++) {
		void *plugin;
		const char *type;

		snprintf(path, sizeof(path), "%s/lib/slurm/%s.so", argv[1], argv[i]);
		plugin = dlopen(path, RTLD_LAZY);
		type = plugin ? dlsym(plugin, "plugin_type") : NULL;
		if (!type) {
			fprintf(stderr, "%s: %s\n", argv[i], dlerror());
			failures++;
			continue;
		}
		printf("%s: %s\n", argv[i], type);
	}
	return failures != 0;
}
