/* Stands between the program and the system: clocks that are wrong, and a disk that fails. Loaded
 * with LD_PRELOAD by the tests of reliability; see shim.rs and disk.rs for what its files say. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define FDS 4096
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static volatile int64_t *clocks; /* nanoseconds: of the wall clock, of the time since boot */
static const char *boot_id;
/* Files of the state are those in it whose name begins with "state.db", and drafts of them. */
static const char *folder;
static int log_fd = -1;
static struct { char kind; long left; int error; int lasts; } fail;
static uint64_t inodes[FDS]; /* 0: not a file of the state; 1: the folder */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("SHIM_CLOCKS");
    int fd = name ? syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        void *at = mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);
        clocks = at == MAP_FAILED ? NULL : at;
        syscall(SYS_close, fd);
    }
    boot_id = getenv("SHIM_BOOT_ID");
    folder = getenv("SHIM_FOLDER");
    name = getenv("SHIM_LOG");
    if (name)
        log_fd = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_APPEND | O_CLOEXEC);
    name = getenv("SHIM_FAIL"); /* kind:number:errno:lasts */
    if (name)
        sscanf(name, "%c:%ld:%d:%d", &fail.kind, &fail.left, &fail.error, &fail.lasts);
}

/* Clocks */

static void move(struct timespec *time, int64_t by) {
    int64_t whole = time->tv_sec * 1000000000LL + time->tv_nsec + by;
    time->tv_sec = whole / 1000000000LL;
    time->tv_nsec = whole % 1000000000LL;
}

int clock_gettime(clockid_t id, struct timespec *time) {
    static __typeof__(&clock_gettime) real;
    if (!real)
        real = REAL(clock_gettime);
    int done = real(id, time);
    if (done == 0 && clocks) {
        if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI)
            move(time, clocks[0]);
        if (id == CLOCK_BOOTTIME)
            move(time, clocks[1]);
    }
    return done;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *time) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (time)
        *time = now.tv_sec;
    return now.tv_sec;
}

/* The disk */

static int ends(const char *name, const char *with) {
    size_t length = strlen(name), its = strlen(with);
    return length >= its && !strcmp(name + length - its, with);
}

static int is_ours(const char *name) {
    int begins = !strncmp(name, "state.db", 8) || !strncmp(name, ".tmp", 4);
    return begins && !ends(name, ".lock") && !ends(name, "-shm");
}

/* The name in the folder, where the path is one of a file of the state. */
static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!folder)
        return NULL;
    if (slash) {
        size_t length = slash - path;
        if (length != strlen(folder) || strncmp(path, folder, length))
            return NULL;
    }
    const char *name = slash ? slash + 1 : path;
    return is_ours(name) ? name : NULL;
}

/* Writes what happened down: one record, its head and what belongs to it. */
static void note(char op, uint64_t inode, uint64_t at, const void *data, uint32_t length) {
    if (log_fd < 0)
        return;
    char head[21];
    head[0] = op;
    memcpy(head + 1, &inode, 8);
    memcpy(head + 9, &at, 8);
    memcpy(head + 17, &length, 4);
    char *whole = malloc(sizeof head + length);
    memcpy(whole, head, sizeof head);
    if (length)
        memcpy(whole + sizeof head, data, length);
    syscall(SYS_write, log_fd, whole, sizeof head + length);
    free(whole);
}

static void note_name(char op, uint64_t inode, const char *name) {
    note(op, inode, 0, name, strlen(name));
}

static uint64_t ours(int fd) { return fd >= 0 && fd < FDS ? inodes[fd] : 0; }

static uint64_t inode_of(int fd) {
    struct stat about;
    return fstat(fd, &about) == 0 ? about.st_ino : 0;
}

/* Whether this operation is the one that fails. */
static int fails(char kind) {
    if (fail.kind != kind || fail.left < 0)
        return 0;
    pthread_mutex_lock(&lock);
    int now = fail.left > 0 && --fail.left == 0;
    if (now)
        fail.left = fail.lasts ? 1 : -1;
    if (now)
        note('F', 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    if (now)
        errno = fail.error;
    return now;
}

static int opened(int fd, const char *path, int flags, int is_new) {
    if (fd < 0 || fd >= FDS)
        return fd;
    inodes[fd] = 0;
    if (folder && !strcmp(path, folder)) {
        inodes[fd] = 1;
        return fd;
    }
    const char *name = name_of(path);
    if (!name)
        return fd;
    inodes[fd] = inode_of(fd);
    /* Not each renaming comes by here: what has the name now is seen when it is opened. */
    note_name(is_new ? 'C' : 'N', inodes[fd], name);
    if (flags & O_TRUNC)
        note('T', inodes[fd], 0, NULL, 0);
    return fd;
}

static int open_any(int at, const char *path, int flags, mode_t mode) {
    if (boot_id && !strcmp(path, "/proc/sys/kernel/random/boot_id"))
        path = boot_id;
    if (!folder || at != AT_FDCWD)
        return syscall(SYS_openat, at, path, flags, mode);
    pthread_mutex_lock(&lock);
    int is_new = (flags & O_CREAT) && name_of(path) && access(path, F_OK) != 0;
    int fd = opened(syscall(SYS_openat, at, path, flags, mode), path, flags, is_new);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE(flags)                                                                                \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode = va_arg(rest, mode_t);                                                               \
        va_end(rest);                                                                              \
    }

int open(const char *path, int flags, ...) { MODE(flags) return open_any(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_any(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_any(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_any(at, path, flags, mode); }

int close(int fd) {
    if (fd >= 0 && fd < FDS)
        inodes[fd] = 0;
    return syscall(SYS_close, fd);
}

static ssize_t put(int fd, const void *data, size_t length, off_t at, int here) {
    uint64_t inode = ours(fd);
    if (inode <= 1)
        return here ? syscall(SYS_write, fd, data, length) : syscall(SYS_pwrite64, fd, data, length, at);
    if (fails('w'))
        return -1;
    pthread_mutex_lock(&lock);
    off_t where = here ? lseek(fd, 0, SEEK_CUR) : at;
    note('W', inode, where, data, length);
    ssize_t done = here ? syscall(SYS_write, fd, data, length) : syscall(SYS_pwrite64, fd, data, length, at);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *data, size_t length) { return put(fd, data, length, 0, 1); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return put(fd, data, length, at, 0); }
ssize_t pwrite64(int fd, const void *data, size_t length, off_t at) { return put(fd, data, length, at, 0); }

ssize_t read(int fd, void *data, size_t length) {
    return ours(fd) > 1 && fails('r') ? -1 : syscall(SYS_read, fd, data, length);
}
ssize_t pread(int fd, void *data, size_t length, off_t at) {
    return ours(fd) > 1 && fails('r') ? -1 : syscall(SYS_pread64, fd, data, length, at);
}
ssize_t pread64(int fd, void *data, size_t length, off_t at) { return pread(fd, data, length, at); }

static int cut(int fd, off_t length) {
    if (ours(fd) <= 1)
        return syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    note('T', ours(fd), length, NULL, 0);
    int done = syscall(SYS_ftruncate, fd, length);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off_t length) { return cut(fd, length); }

/* The disk is only written down: waiting for the real one would prove nothing. */
static int sync_file(int fd) {
    uint64_t inode = ours(fd);
    if (inode == 0)
        return 0;
    if (fails('s'))
        return -1;
    pthread_mutex_lock(&lock);
    note(inode == 1 ? 'D' : 'S', inode, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int fd) { return folder ? sync_file(fd) : (int)syscall(SYS_fsync, fd); }
int fdatasync(int fd) { return folder ? sync_file(fd) : (int)syscall(SYS_fdatasync, fd); }

int unlink(const char *path) {
    const char *name = name_of(path);
    if (!name)
        return syscall(SYS_unlink, path);
    pthread_mutex_lock(&lock);
    int done = syscall(SYS_unlink, path);
    if (done == 0)
        note_name('U', 0, name);
    pthread_mutex_unlock(&lock);
    return done;
}

static void named(const char *path) {
    struct stat about;
    const char *name = name_of(path);
    if (name && stat(path, &about) == 0)
        note_name('N', about.st_ino, name);
}

int rename(const char *from, const char *to) {
    pthread_mutex_lock(&lock);
    int done = syscall(SYS_rename, from, to);
    if (done == 0) {
        named(to);
        if (name_of(from))
            note_name('U', 0, name_of(from));
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int linkat(int at, const char *from, int to_at, const char *to, int flags) {
    pthread_mutex_lock(&lock);
    int done = syscall(SYS_linkat, at, from, to_at, to, flags);
    if (done == 0)
        named(to);
    pthread_mutex_unlock(&lock);
    return done;
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
