package pvss

import (
	"crypto/sha256"
	"encoding/binary"
)

// seedDomain begins the hash of a seed (protocol §3).
const seedDomain = "stafi/ssv/seed/v1"

// Seed is the seed of an era: SHA-256(lp(domain) ‖ lp(chain-id) ‖ be64(era) ‖ elements), lp being a four-byte big-endian length prefix and the
// elements the opened secrets in the order of their dealers' operator addresses (protocol §3).
func Seed(chainID string, era uint64, secrets []Element) [sha256.Size]byte {
	var input []byte
	for _, s := range []string{seedDomain, chainID} {
		input = binary.BigEndian.AppendUint32(input, uint32(len(s)))
		input = append(input, s...)
	}
	input = binary.BigEndian.AppendUint64(input, era)
	for i := range secrets {
		input = append(input, secrets[i][:]...)
	}
	return sha256.Sum256(input)
}
