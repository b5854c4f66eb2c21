// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the lock of all network interfaces, as a driver does whose firmware
 * does not answer, for so many seconds or until it is unloaded.
 */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>

static unsigned int seconds = 60;
module_param(seconds, uint, 0444);

static struct task_struct *holder;
static DECLARE_COMPLETION(held);

static int hold(void *unused)
{
	unsigned long end = jiffies + seconds * HZ;

	rtnl_lock();
	complete(&held);
	while (!kthread_should_stop() && time_before(jiffies, end))
		schedule_timeout_interruptible(HZ / 20);
	rtnl_unlock();
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 20);
	return 0;
}

static int __init rtnl_hold_init(void)
{
	holder = kthread_run(hold, NULL, "rtnl_hold");
	if (IS_ERR(holder))
		return PTR_ERR(holder);
	wait_for_completion(&held);
	return 0;
}

static void __exit rtnl_hold_exit(void)
{
	kthread_stop(holder);
}

module_init(rtnl_hold_init);
module_exit(rtnl_hold_exit);
MODULE_DESCRIPTION("Keeps rtnl_lock");
MODULE_LICENSE("GPL");
