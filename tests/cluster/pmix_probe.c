/* Says which rank of how many this process is, as PMIx tells it. */
#include <pmix.h>
#include <stdio.h>

int main(void)
{
	pmix_proc_t self, job;
	pmix_value_t *value = NULL;

	if (PMIx_Init(&self, NULL, 0) != PMIX_SUCCESS)
		return 1;
	PMIX_LOAD_PROCID(&job, self.nspace, PMIX_RANK_WILDCARD);
	if (PMIx_Get(&job, PMIX_JOB_SIZE, NULL, 0, &value) != PMIX_SUCCESS)
		return 2;
	printf("rank %u of %u\n", self.rank, value->data.uint32);
	return PMIx_Finalize(NULL, 0) != PMIX_SUCCESS;
}
