/* ioctls on a bus, as Linux' i2c-dev answers them. SMBus is made of I2C transfers, as the kernel does it for adapters
 * that have no SMBus of their own. */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <string.h>

enum { MAX_ADDRESS = 0x7F };

static const unsigned long functions = I2C_FUNC_I2C | I2C_FUNC_SMBUS_QUICK | I2C_FUNC_SMBUS_BYTE |
	I2C_FUNC_SMBUS_BYTE_DATA | I2C_FUNC_SMBUS_WORD_DATA | I2C_FUNC_SMBUS_PROC_CALL | I2C_FUNC_SMBUS_WRITE_BLOCK_DATA |
	I2C_FUNC_SMBUS_I2C_BLOCK;

static int smbus(int fd, const struct i2c_smbus_ioctl_data *call)
{
	uint8_t out[I2C_SMBUS_BLOCK_MAX + 2] = {call->command}, in[2] = {0};
	union i2c_smbus_data *data = call->data;
	bool reading = call->read_write == I2C_SMBUS_READ, both = reading;
	struct i2c_msg messages[2] = {{OWN, 0, 1, out}, {OWN, I2C_M_RD, 0, in}};
	if (call->read_write > 1 || (!data && call->size != I2C_SMBUS_QUICK && (call->size != I2C_SMBUS_BYTE || reading)))
		return errno = EINVAL, -1;
	switch (call->size) {
	case I2C_SMBUS_QUICK:
		messages[0].len = 0;
		messages[0].flags = reading ? I2C_M_RD : 0;
		both = false;
		break;
	case I2C_SMBUS_BYTE:
		both = false;
		if (reading)
			messages[0] = (struct i2c_msg){OWN, I2C_M_RD, 1, &data->byte};
		break;
	case I2C_SMBUS_BYTE_DATA:
		messages[0].len = reading ? 1 : 2;
		messages[1].len = 1;
		out[1] = data->byte;
		break;
	case I2C_SMBUS_PROC_CALL:
		both = true;
		reading = false; /* a word there, and one back */
		__attribute__((fallthrough));
	case I2C_SMBUS_WORD_DATA:
		messages[0].len = reading ? 1 : 3;
		messages[1].len = 2;
		out[1] = data->word & 0xFF;
		out[2] = data->word >> 8;
		break;
	case I2C_SMBUS_BLOCK_DATA:
		if (reading) /* the first byte of the answer would be its length */
			return errno = EOPNOTSUPP, -1;
		if (data->block[0] > I2C_SMBUS_BLOCK_MAX)
			return errno = EINVAL, -1;
		messages[0].len = 2 + data->block[0];
		memcpy(out + 1, data->block, 1 + (size_t)data->block[0]);
		break;
	case I2C_SMBUS_I2C_BLOCK_DATA:
	case I2C_SMBUS_I2C_BLOCK_BROKEN:
		if (data->block[0] > I2C_SMBUS_BLOCK_MAX)
			return errno = EINVAL, -1;
		messages[0].len = reading ? 1 : 1 + data->block[0];
		memcpy(out + 1, data->block + 1, data->block[0]);
		messages[1].len = data->block[0];
		messages[1].buf = data->block + 1;
		break;
	default:
		return errno = EOPNOTSUPP, -1;
	}
	if (bus_transfer(fd, messages, both ? 2 : 1) < 0)
		return -1;
	if (both && messages[1].buf == in) {
		if (messages[1].len == 1)
			data->byte = in[0];
		else
			data->word = (uint16_t)(in[0] | in[1] << 8);
	}
	return 0;
}

static int transfers(int fd, const struct i2c_rdwr_ioctl_data *asked)
{
	if (!asked->msgs || !asked->nmsgs || asked->nmsgs > I2C_RDWR_IOCTL_MAX_MSGS)
		return errno = EINVAL, -1;
	return bus_transfer(fd, asked->msgs, asked->nmsgs);
}

int bus_ioctl(int fd, unsigned long request, unsigned long what)
{
	switch (request) {
	case I2C_SLAVE:
	case I2C_SLAVE_FORCE: return what > MAX_ADDRESS ? (errno = EINVAL, -1) : bus_set_address(fd, (unsigned)what);
	case I2C_FUNCS: *(unsigned long *)what = functions; return 0;
	case I2C_RDWR: return transfers(fd, (void *)what);
	case I2C_SMBUS: return smbus(fd, (void *)what);
	case I2C_TENBIT:
	case I2C_PEC: return what ? (errno = EINVAL, -1) : 0;
	case I2C_RETRIES: /* a byte that is not acknowledged now is not a moment later */
	case I2C_TIMEOUT: return what > 0x7FFFFFFF ? (errno = EINVAL, -1) : 0;
	default: return errno = ENOTTY, -1;
	}
}

ssize_t bus_move(int fd, void *data, size_t bytes, unsigned short flags)
{
	struct i2c_msg message = {OWN, flags, (unsigned short)(bytes < MAX_MESSAGE ? bytes : MAX_MESSAGE), data};
	return bus_transfer(fd, &message, 1) < 0 ? -1 : message.len;
}
