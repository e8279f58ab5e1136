"""The claims of data sheets, each measured on the running twin: `camtwin verify`."""
