/* Prints this process' rank, the number of processes, and the sum of all ranks as the library adds it. */
#include <mpi.h>
#include <stdio.h>

int main(int argc, char** argv)
{
    int rank = -1, size = -1, sum = -1;
    if (MPI_Init(&argc, &argv) != MPI_SUCCESS)
        return 1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    printf("rank %d of %d, sum %d\n", rank, size, sum);
    return MPI_Finalize() == MPI_SUCCESS ? 0 : 1;
}
