/*
 * Stands in for the library of NVIDIA's driver on machines that have no such GPU: one device, enough of it for Slurm's
 * gpu/nvml plugin to find it. Every other function answers "not supported", as the driver does for old devices.
 * Functions, error numbers and structures: https://docs.nvidia.com/deploy/nvml-api/
 */
#include <stdio.h>
#include <string.h>

enum { success = 0, not_supported = 3 };
typedef struct {
	char legacy_bus_id[16];
	unsigned domain, bus, device, device_id, subsystem_id;
	char bus_id[32];
} pci_info; /* nvmlPciInfo_t since version 3 */

static int text(char *to, unsigned size, const char *from)
{
	snprintf(to, size, "%s", from);
	return success;
}

int nvmlInit_v2(void) { return success; }
int nvmlShutdown(void) { return success; }
const char *nvmlErrorString(int code) { return code == success ? "Success" : "Not Supported"; }
int nvmlSystemGetDriverVersion(char *to, unsigned size) { return text(to, size, "550.0"); }
int nvmlSystemGetNVMLVersion(char *to, unsigned size) { return text(to, size, "12.550.0"); }

int nvmlDeviceGetCount_v2(unsigned *count)
{
	*count = 1;
	return success;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
	static int the_device;

	*device = &the_device;
	return index == 0 ? success : not_supported;
}
int nvmlDeviceGetName(void *device, char *to, unsigned size)
{
	(void) device;
	return text(to, size, "Proof GPU 100");
}
int nvmlDeviceGetUUID(void *device, char *to, unsigned size)
{
	(void) device;
	return text(to, size, "GPU-00000000-0000-0000-0000-000000000001");
}
int nvmlDeviceGetMinorNumber(void *device, unsigned *minor)
{
	(void) device;
	*minor = 0;
	return success;
}
int nvmlDeviceGetPciInfo_v3(void *device, pci_info *info)
{
	(void) device;
	memset(info, 0, sizeof(*info));
	text(info->legacy_bus_id, sizeof(info->legacy_bus_id), "0000:01:00.0");
	text(info->bus_id, sizeof(info->bus_id), "00000000:01:00.0");
	info->bus = 1;
	return success;
}
int nvmlDeviceGetCpuAffinity(void *device, unsigned words, unsigned long *cpus)
{
	(void) device;
	memset(cpus, 0, words * sizeof(*cpus));
	cpus[0] = 3;
	return success;
}

#define NOT_SUPPORTED(function) \
	int function(void) { return not_supported; }
NOT_SUPPORTED(nvmlDeviceGetApplicationsClock)
NOT_SUPPORTED(nvmlDeviceGetAttributes_v2)
NOT_SUPPORTED(nvmlDeviceGetComputeInstanceId)
NOT_SUPPORTED(nvmlDeviceGetComputeRunningProcesses_v3)
NOT_SUPPORTED(nvmlDeviceGetGpuInstanceId)
NOT_SUPPORTED(nvmlDeviceGetGraphicsRunningProcesses_v3)
NOT_SUPPORTED(nvmlDeviceGetMaxMigDeviceCount)
NOT_SUPPORTED(nvmlDeviceGetMigDeviceHandleByIndex)
NOT_SUPPORTED(nvmlDeviceGetMigMode)
NOT_SUPPORTED(nvmlDeviceGetNvLinkRemotePciInfo_v2)
NOT_SUPPORTED(nvmlDeviceGetNvLinkState)
NOT_SUPPORTED(nvmlDeviceGetProcessUtilization)
NOT_SUPPORTED(nvmlDeviceGetSupportedGraphicsClocks)
NOT_SUPPORTED(nvmlDeviceGetSupportedMemoryClocks)
NOT_SUPPORTED(nvmlDeviceResetApplicationsClocks)
NOT_SUPPORTED(nvmlDeviceSetApplicationsClocks)
