/*
 * What an article costs: answers "GET /ARTICLE" on $PORT with its line of /etc/prices, and "GET /" with how
 * many articles there are. One request at a time, and none may hold up the others for long.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define LIST "/etc/prices"

static int
listen_on(unsigned long port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 64) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The answer to a question for an article, or for all of them where it is empty; false: there is none. */
static int
look_up(const char *article, char *to, size_t size)
{
	FILE *list = fopen(LIST, "r");
	size_t n = strlen(article), count = 0;
	char line[256];
	int found = 0;

	while (list && !found && fgets(line, sizeof(line), list)) {
		count++;
		found = n > 0 && strncmp(line, article, n) == 0 && line[n] == ' ';
	}
	if (found)
		snprintf(to, size, "%s", line);
	else if (n == 0)
		snprintf(to, size, "%zu articles\n", count);
	else
		snprintf(to, size, "no such article\n");
	found = list && (found || n == 0);
	if (list)
		fclose(list);
	return found;
}

static void
answer(int fd)
{
	char asked[1024], said[300], whole[400];
	ssize_t n = read(fd, asked, sizeof(asked) - 1);
	int found, length;

	if (n < 5 || strncmp(asked, "GET /", 5) != 0)
		return;
	asked[n] = '\0';
	asked[5 + strcspn(asked + 5, " ?\r\n")] = '\0';
	found = look_up(asked + 5, said, sizeof(said));
	length = snprintf(whole, sizeof(whole), "HTTP/1.0 %s\r\nContent-Type: text/plain\r\n\r\n%s",
	    found ? "200 OK" : "404 Not Found", said);
	if (write(fd, whole, (size_t)length) == length)
		shutdown(fd, SHUT_WR);
}

int
main(void)
{
	const char *port = getenv("PORT");
	const struct timeval patience = { .tv_sec = 2 };
	int from, fd = listen_on(port ? strtoul(port, NULL, 10) : 8090);

	if (fd < 0) {
		perror("listen");
		return 1;
	}
	for (;;) {
		from = accept(fd, NULL, NULL);
		if (from < 0)
			continue;
		setsockopt(from, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		answer(from);
		close(from);
	}
}
