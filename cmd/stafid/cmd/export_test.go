package cmd

// NewProtoFiles is for tests.
var NewProtoFiles = newProtoFiles
