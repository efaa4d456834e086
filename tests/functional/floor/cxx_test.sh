#!/bin/bash
# cxx_test.sh: C++ that this machine's compiler links with a glibc floor needs no newer one, brings no copy of what the
# floor has, and works: exceptions, waiting, objects of threads in a library that is closed before its threads end.
set -euo pipefail
[[ $(uname -m) == x86_64 ]] || { echo "skipped: floors are of x86_64"; exit 77; }
floor_sources=$(cd "$(dirname "$0")/../../../floor" && pwd)
lab=$(mktemp -d /tmp/sf-floor.XXXXXX)
trap 'rm -rf "$lab"' EXIT
cd "$lab"

cat >library.cpp <<'END'
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

struct Object {
    std::string text = "an object of a thread, too long to be kept inside the string";
    ~Object() { text.clear(); }
};
thread_local Object object;

extern "C" std::size_t work()
{
    std::mutex mutex;
    std::condition_variable condition;
    std::unique_lock<std::mutex> lock(mutex);
    condition.wait_for(lock, std::chrono::milliseconds(1));
    std::thread other([] { object.text += std::to_string(std::random_device()()); });
    other.join();
    try {
        throw std::runtime_error(object.text);
    } catch (const std::exception& error) {
        return std::string(error.what()).size();
    }
}
END
# Nothing in it keeps it loaded, as unique symbols do with the other.
cat >closed.cpp <<'END'
struct Object {
    unsigned number = 1;
    ~Object() { number = 0; }
};
thread_local Object object;
extern "C" unsigned long work() { return object.number; }
END
cat >program.c <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

static void* run(void* path)
{
    void* library = dlopen(path, RTLD_NOW);
    size_t (*work)(void) = library ? (size_t(*)(void))dlsym(library, "work") : NULL;
    if (work == NULL || work() == 0) {
        fprintf(stderr, "%s\n", library ? "it does not work" : dlerror());
        return NULL;
    }
    dlclose(library);
    return path; /* now the thread's object is destroyed */
}

int main(int count, char** words)
{
    pthread_t thread;
    void* result = NULL;
    return count != 2 || pthread_create(&thread, NULL, run, words[1]) || pthread_join(thread, &result) || !result;
}
END
highest() { readelf -W -V "$1" | grep -o 'GLIBC_2[0-9.]*' | sed 's/GLIBC_//' | sort -V | tail -n 1; }

for floor in 2.28 2.17; do
    mkdir "kit-$floor" "work-$floor"
    (cd "work-$floor" && sh "$floor_sources/make.sh" "$floor" "$floor_sources/x86_64.symbols" "$lab/kit-$floor" "$lab/kit-$floor")
    for library in library closed; do
        LIBRARY_PATH=$lab/kit-$floor/lib g++ -shared -fPIC -O1 -o "$library-$floor.so" $library.cpp
    done
    LIBRARY_PATH=$lab/kit-$floor/lib gcc -O1 -o "program-$floor" program.c -lpthread -ldl
    for file in {library,closed}-"$floor.so" "program-$floor"; do
        needs=$(highest "$file")
        [[ $(printf '%s\n' "$needs" "$floor" | sort -V | tail -n 1) == "$floor" ]] || { echo "$file needs glibc $needs"; exit 1; }
        ! readelf -d "$file" | grep -E 'libstdc|libgcc' || { echo "$file needs the compiler's libraries"; exit 1; }
    done
    for library in library closed; do "./program-$floor" "$lab/$library-$floor.so"; done
    echo "ok: C++ with floor $floor"
done
grep ' U __cxa_thread_atexit_impl@GLIBC_2.18$' <(nm -D library-2.28.so) ||
    { echo "the floor has __cxa_thread_atexit_impl, and is not asked for it"; exit 1; }
! grep __cxa_thread_atexit_impl <(nm -D library-2.17.so) || { echo "glibc 2.17 has no __cxa_thread_atexit_impl"; exit 1; }
echo "ok: each from where it is"
