/* crt1.o and Scrt1.o of a floor: where programs start. The C library's own of 2.34 leaves a program's constructors to
 * the C library of the host; those before it want to be told how to call them, and those since still take it. */

typedef void (*Function)(int, char **, char **);

extern const Function init_begin[] __asm__("__init_array_start") __attribute__((visibility("hidden")));
extern const Function init_end[] __asm__("__init_array_end") __attribute__((visibility("hidden")));
extern void init_section(void) __asm__("_init") __attribute__((visibility("hidden")));

/* Constructors, in their order. What runs before those of libraries, and all destructors, is the loader's business. */
__attribute__((visibility("hidden"), used)) void run_constructors(int argc, char **argv, char **environment)
    __asm__("__slurm_factory_constructors");
void run_constructors(int argc, char **argv, char **environment)
{
    init_section();
    for (const Function *function = init_begin; function != init_end; ++function)
        (*function)(argc, argv, environment);
}

/* Old programs of the C library's are told apart by its absence. */
const int _IO_stdin_used = 0x20001;

__attribute__((weak)) char data_start[1];

/* The ABI of x86-64 (3.4.1): the stack holds argc, argv, the environment; %rdx has a function for atexit(). */
__asm__(".text\n"
        ".globl _start\n"
        ".type _start, @function\n"
        "_start:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined rip\n"
        "    endbr64\n"
        "    xorl %ebp, %ebp\n"
        "    movq %rdx, %r9\n"
        "    popq %rsi\n"
        "    movq %rsp, %rdx\n"
        "    andq $-16, %rsp\n"
        "    pushq %rax\n"
        "    pushq %rsp\n"
        "    xorl %r8d, %r8d\n"
        "    leaq __slurm_factory_constructors(%rip), %rcx\n"
        "    movq main@GOTPCREL(%rip), %rdi\n"
        "    call *__libc_start_main@GOTPCREL(%rip)\n"
        "    hlt\n"
        "    .cfi_endproc\n"
        ".size _start, . - _start\n");
