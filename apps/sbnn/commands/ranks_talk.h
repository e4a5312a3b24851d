/* ranks_talk.h - what the processes of one command know of each other, and their messages. Of ranks_open.c and ranks_models.c alone;
 * only the main thread of a process calls these. */
#ifndef SBNN_COMMANDS_RANKS_TALK_H
#define SBNN_COMMANDS_RANKS_TALK_H

#include "commands/ranks.h"

#include "transport.h"

#include <pthread.h>

/* Of process 0 to the others. */
typedef enum sbnn_message_kind {
  SAY_BEGIN,  /* --out is open */
  SAY_FOLDER, /* text: where the parts are */
  SAY_GIVE,   /* train that model; the answer to SAY_ASK */
  SAY_NONE,   /* no model is left; likewise */
  SAY_STOP,   /* models behind that one are pointless; -1: all are */
  SAY_END,    /* the command has ended, with that code */
  /* Of another to process 0. */
  SAY_ASK,  /* for a model */
  SAY_DONE, /* that model, with its code and sentence */
  SAY_HERE, /* the answer to SAY_STOP */
  SAY_BYE   /* my last word, with my code and sentence */
} sbnn_message_kind;

typedef struct sbnn_message {
  sbnn_message_kind kind;
  int code;
  int64_t model;
  char text[4096];
} sbnn_message;

/* What process 0 knows of another. */
typedef struct sbnn_other_rank {
  bool works, here, gone; /* it has asked for models; it has answered SAY_STOP; it will say nothing more */
} sbnn_other_rank;

struct sbnn_ranks {
  sbnn_transport_place place;
  sbnn_other_rank *others; /* [size] */
  int given;               /* models that others are computing */
  bool begun, stopped, ended, lost;
  int end_code;
  char *folder;
  sbnn_error failure; /* of a process, not of a model */
  int unanswered;     /* the others: models asked for and neither given nor refused */

  /* Between the main thread and those that train, under the lock. */
  pthread_mutex_t lock;
  pthread_cond_t changed; /* there is a model for a thread, or none will come */
  pthread_cond_t spoken;  /* a thread has asked for a model, has finished one, or has ended */
  sbnn_models *models;
  int threads;  /* that train */
  int64_t next; /* process 0: the next model */
  int wanted;   /* the others: models to ask for */
  int ahead;    /* the others: models asked for that no thread waits for yet */
  bool many;    /* the others: so many models are left that each thread may have one ahead */
  int64_t *got; /* [n_got] the others: models given and not begun */
  size_t n_got;
  sbnn_message *out; /* [n_out] the others: what is to be sent */
  size_t n_out;
  bool closed, idle; /* no more models; no thread trains any longer */
};

#define SBNN_PATIENCE                                                                                        \
  0.5 /* seconds for others to answer SAY_STOP; mpirun and interrupt.c kill a little later */

/* No thread begins a model any more; those that wait for one end. */
void sbnn_ranks_close_models(sbnn_ranks *r);

/* That process is lost, and its models with it: the run ends. */
void sbnn_ranks_lose(sbnn_ranks *r, int rank);

/* To one process, or to all but 0. One that cannot be reached is lost. */
void sbnn_ranks_post(sbnn_ranks *r, int to, const sbnn_message *m);
void sbnn_ranks_post_all(sbnn_ranks *r, const sbnn_message *m);

/* A message that has come, and from whom; false: none. */
bool sbnn_ranks_receive(sbnn_ranks *r, int *from, sbnn_message *m);

/* Sleeps: twice as long each time up to a limit, so that waiting costs nothing and an answer comes late by no more than what it
 * took. *seconds is 0 after an event. The second ends as soon as a thread has something to send. */
void sbnn_ranks_nap(double *seconds);
void sbnn_ranks_nap_unless_spoken(sbnn_ranks *r, double *seconds);

/* Process 0: acts upon a message of another. The others: upon one that has come from process 0; false: none had. */
void sbnn_ranks_hear_other(sbnn_ranks *r, int from, const sbnn_message *m);
bool sbnn_ranks_listen(sbnn_ranks *r);

#endif
