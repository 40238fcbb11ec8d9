/* The exchange's time in place of the machine's, for a program that this is loaded in front of.
 *
 * It is MAEMAE_CLOCK_VENUE (ns since 1970) there when it is MAEMAE_CLOCK_MACHINE here, and
 * MAEMAE_CLOCK_SPEED seconds pass there in one here. What tells the time of day is shifted, sleeps
 * last as long there, and the monotonic clock stays what it is, so that time-outs of the network
 * stay real. Time-outs of semaphores that are times of day are turned back.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

typedef long long ns;

static ns venue, machine;
static double speed = 1.0;
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_clock_nanosleep)(clockid_t, int, const struct timespec *, struct timespec *);
static int (*real_sem_timedwait)(sem_t *, const struct timespec *);

static ns given(const char *name) {
    const char *text = getenv(name);
    return text ? atoll(text) : 0;
}

__attribute__((constructor)) static void prepare(void) {
    if (real_gettime) return;
    real_clock_nanosleep = dlsym(RTLD_NEXT, "clock_nanosleep");
    real_sem_timedwait = dlsym(RTLD_NEXT, "sem_timedwait");
    venue = given("MAEMAE_CLOCK_VENUE");
    machine = given("MAEMAE_CLOCK_MACHINE");
    if (getenv("MAEMAE_CLOCK_SPEED")) speed = atof(getenv("MAEMAE_CLOCK_SPEED"));
    real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
}

static ns of(const struct timespec *at) { return at->tv_sec * SECOND + at->tv_nsec; }

static struct timespec as(ns at) {
    struct timespec made = {at / SECOND, at % SECOND};
    return made;
}

static ns there(ns here) { return venue + (ns)((double)(here - machine) * speed); }
static ns here(ns there) { return machine + (ns)((double)(there - venue) / speed); }

int clock_gettime(clockid_t clock, struct timespec *at) {
    prepare();
    int failed = real_gettime(clock, at);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) *at = as(there(of(at)));
    return failed;
}

int gettimeofday(struct timeval *at, void *zone) {
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
    prepare();
    struct timespec now, real = *until;
    if (!(flags & TIMER_ABSTIME)) {
        real = as((ns)((double)of(until) / speed));
    } else if (clock == CLOCK_REALTIME) {
        real = as(here(of(until)));
    } else {
        real_gettime(clock, &now);
        real = as(of(&now) + (ns)((double)(of(until) - of(&now)) / speed));
    }
    int failed = real_clock_nanosleep(clock, flags, &real, left);
    if (failed && left && !(flags & TIMER_ABSTIME)) *left = as((ns)((double)of(left) * speed));
    return failed;
}

int nanosleep(const struct timespec *time, struct timespec *left) {
    return clock_nanosleep(CLOCK_MONOTONIC, 0, time, left) ? -1 : 0;
}

int usleep(useconds_t time) {
    struct timespec wanted = as(time * 1000LL);
    return nanosleep(&wanted, NULL);
}

unsigned int sleep(unsigned int seconds) {
    struct timespec wanted = as(seconds * SECOND), left = {0, 0};
    return nanosleep(&wanted, &left) ? left.tv_sec + 1 : 0;
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    prepare();
    struct timespec real = as(here(of(until)));
    return real_sem_timedwait(semaphore, &real);
}
