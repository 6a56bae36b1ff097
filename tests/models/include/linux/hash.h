/* SPDX-License-Identifier: GPL-2.0-only */
/* Empty: what is wanted of it is in the model. */
