package types

// Turn is the index of the vault's signer whose turn it is to propose an observation (protocol §8): it begins with observations mod
// members and passes on with every patience blocks waited. With a patience or members of 0 there are no turns and it is 0.
func Turn(observations uint64, waited int64, patience uint64, members uint32) uint32 {
	if patience == 0 || members == 0 {
		return 0
	}
	passed := uint64(max(waited, 0)) / patience
	return uint32((observations%uint64(members) + passed%uint64(members)) % uint64(members))
}
