// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * What stands around a camera sensor on a board: its clock, its supplies, and a CSI-2 receiver. This one
 * receives nothing. Writing 1 or 0 to the attribute "stream" starts and stops the sensor.
 */
#include <linux/acpi.h>
#include <linux/clk-provider.h>
#include <linux/clkdev.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/regulator/machine.h>
#include <media/v4l2-async.h>
#include <media/v4l2-device.h>
#include <media/v4l2-subdev.h>

#define INCK_HZ 24000000

struct board {
	struct v4l2_device device;
	struct v4l2_async_notifier notifier;
	struct v4l2_subdev *sensor;
	struct clk_hw *inck;
	struct clk_lookup *inck_name;
};

/* -- the sensor comes and goes */
static struct board *board_of(struct v4l2_async_notifier *notifier)
{
	return container_of(notifier, struct board, notifier);
}

static int sensor_comes(struct v4l2_async_notifier *notifier, struct v4l2_subdev *sensor,
			struct v4l2_async_subdev *match)
{
	board_of(notifier)->sensor = sensor;
	return 0;
}

static void sensor_goes(struct v4l2_async_notifier *notifier, struct v4l2_subdev *sensor,
			struct v4l2_async_subdev *match)
{
	board_of(notifier)->sensor = NULL;
}

static int all_there(struct v4l2_async_notifier *notifier)
{
	return v4l2_device_register_subdev_nodes(&board_of(notifier)->device);
}

static const struct v4l2_async_notifier_operations operations = {
	.bound = sensor_comes,
	.unbind = sensor_goes,
	.complete = all_there,
};

/* -- start and stop */
static ssize_t stream_store(struct device *dev, struct device_attribute *attribute, const char *text, size_t size)
{
	struct board *board = dev_get_drvdata(dev);
	bool on;
	int wrong = kstrtobool(text, &on);

	if (!wrong && !board->sensor)
		wrong = -ENODEV;
	if (!wrong)
		wrong = v4l2_subdev_call(board->sensor, video, s_stream, on);
	return wrong ? wrong : size;
}
static DEVICE_ATTR_WO(stream);
static struct attribute *board_attrs[] = { &dev_attr_stream.attr, NULL };
ATTRIBUTE_GROUPS(board);

/* -- the sensor's clock: there before its driver is, which does not wait for one */
static int clock_on(struct board *board, struct device *dev, struct fwnode_handle *endpoint)
{
	struct fwnode_handle *sensor = fwnode_graph_get_remote_port_parent(endpoint);
	struct acpi_device *described = to_acpi_device_node(sensor);

	fwnode_handle_put(sensor);
	if (!described)
		return -ENODEV;
	board->inck = clk_hw_register_fixed_rate(NULL, dev_name(dev), NULL, 0, INCK_HZ);
	if (IS_ERR(board->inck))
		return PTR_ERR(board->inck);
	board->inck_name = clkdev_hw_create(board->inck, NULL, "i2c-%s", acpi_dev_name(described));
	if (board->inck_name)
		return 0;
	clk_hw_unregister_fixed_rate(board->inck);
	return -ENOMEM;
}

static void clock_off(struct board *board)
{
	clkdev_drop(board->inck_name);
	clk_hw_unregister_fixed_rate(board->inck);
}

static int listen(struct board *board, struct fwnode_handle *endpoint)
{
	struct v4l2_async_subdev *match;
	int wrong;

	v4l2_async_nf_init(&board->notifier);
	board->notifier.ops = &operations;
	match = v4l2_async_nf_add_fwnode_remote(&board->notifier, endpoint, struct v4l2_async_subdev);
	wrong = PTR_ERR_OR_ZERO(match);
	if (!wrong)
		wrong = v4l2_async_nf_register(&board->device, &board->notifier);
	if (wrong)
		v4l2_async_nf_cleanup(&board->notifier);
	return wrong;
}

static int board_probe(struct platform_device *platform)
{
	struct device *dev = &platform->dev;
	struct board *board = devm_kzalloc(dev, sizeof(*board), GFP_KERNEL);
	struct fwnode_handle *endpoint;
	int wrong;

	if (!board)
		return -ENOMEM;
	endpoint = fwnode_graph_get_next_endpoint(dev_fwnode(dev), NULL);
	if (!endpoint)
		return -ENXIO;
	platform_set_drvdata(platform, board);
	regulator_has_full_constraints(); /* supplies that nobody describes are on, and no error */
	wrong = clock_on(board, dev, endpoint);
	if (wrong)
		goto out;
	wrong = v4l2_device_register(dev, &board->device);
	if (wrong)
		goto no_device;
	wrong = listen(board, endpoint);
	if (!wrong)
		goto out;
	v4l2_device_unregister(&board->device);
no_device:
	clock_off(board);
out:
	fwnode_handle_put(endpoint);
	return wrong;
}

static int board_remove(struct platform_device *platform)
{
	struct board *board = platform_get_drvdata(platform);

	v4l2_async_nf_unregister(&board->notifier);
	v4l2_async_nf_cleanup(&board->notifier);
	v4l2_device_unregister(&board->device);
	clock_off(board);
	return 0;
}

static const struct of_device_id ids[] = { { .compatible = "camtwin,receiver" }, { } };
MODULE_DEVICE_TABLE(of, ids);

static struct platform_driver camtwin_receiver = {
	.probe = board_probe,
	.remove = board_remove,
	.driver = { .name = "camtwin_receiver", .of_match_table = ids, .dev_groups = board_groups },
};
module_platform_driver(camtwin_receiver);

MODULE_DESCRIPTION("A receiver for tests of camera sensors' drivers");
MODULE_LICENSE("Dual MIT/GPL");
