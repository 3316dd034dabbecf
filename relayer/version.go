package relayer

import "github.com/cosmos/cosmos-sdk/version"

// maxVersion is the most bytes of a version that a heartbeat carries.
const maxVersion = 64

// Version of this relayer, at most 64 bytes.
func Version() string {
	found := version.Version
	if found == "" {
		found = "unknown"
	}
	return found[:min(len(found), maxVersion)]
}
