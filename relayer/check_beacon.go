package relayer

import (
	"bytes"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// checkBeaconFiles reads every beacon key file that the configuration names.
func (c *checker) checkBeaconFiles(paths []string) {
	for _, path := range paths {
		key, err := ReadBeaconKey(path)
		if err != nil {
			c.found.problem("beacon key file", "without it this relayer deals nothing for the seed; stafid relayer init makes one", "%v", err)
			continue
		}
		public := key.PublicKey()
		c.found.ok("beacon key file", "%s holds the secret of %X", path, public[:])
		c.beacon = append(c.beacon, public)
	}
}

// checkBeaconKeys looks for the secrets of the keys that the candidate deals with in this era's round and in the coming ones.
func (c *checker) checkBeaconKeys(candidate ssvtypes.Candidate, era uint64) {
	if len(candidate.BeaconKey) == 0 {
		c.found.problem("beacon key", "stafid relayer prove-beacon, then stafid tx ssv update-candidate", "%s has registered none", candidate.Operator)
		return
	}
	now := candidate.BeaconKeyAt(era)
	switch {
	case len(now) == 0:
		c.found.ok("beacon key", "deals from era %d on", candidate.BeaconEra+1)
	case c.holds(now):
		c.found.ok("beacon key", "that of this era's round, %X, is at hand", now)
	default:
		c.found.problem("beacon key", "name its file in beacon_key_file, or in former_beacon_key_files",
			"that of this era's round, %X, is in none of the files", now)
	}
	if bytes.Equal(now, candidate.BeaconKey) {
		return
	}
	if c.holds(candidate.BeaconKey) {
		c.found.ok("coming beacon key", "%X is at hand", candidate.BeaconKey)
		return
	}
	c.found.problem("coming beacon key", "name its file in beacon_key_file", "%X, which deals from era %d on, is in none of the files",
		candidate.BeaconKey, candidate.BeaconEra+1)
}

func (c *checker) holds(key []byte) bool {
	for _, public := range c.beacon {
		if bytes.Equal(public[:], key) {
			return true
		}
	}
	return false
}
