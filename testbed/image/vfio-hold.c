/*
 * Holds a VF's vfio device open, as a virtual machine does, until it is killed.
 *
 * usage: vfio-hold GROUP PCI-ADDRESS
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int check(int result, const char *attempt)
{
	if (result < 0) {
		perror(attempt);
		exit(1);
	}
	return result;
}

int main(int argc, char **argv)
{
	char path[64];
	int container, group;

	if (argc != 3) {
		fprintf(stderr, "usage: vfio-hold GROUP PCI-ADDRESS\n");
		return 2;
	}
	snprintf(path, sizeof(path), "/dev/vfio/%s", argv[1]);
	container = check(open("/dev/vfio/vfio", O_RDWR), "open the container");
	group = check(open(path, O_RDWR), "open the group");
	check(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), "put the group into the container");
	check(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU), "set the container's IOMMU");
	check(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, argv[2]), "open the device");
	printf("held\n");
	fflush(stdout);
	for (;;)
		pause();
}
