package beacon

import (
	"encoding/hex"
	"time"
)

// Constants of the public networks: metadata/config.yaml and metadata/genesis_validators_root.txt of github.com/eth-clients/{mainnet,sepolia,hoodi},
// each network's own description; a test compares them with go-ethereum's. Epochs at which only the number of blobs changes are no forks: neither
// versions nor headers change.

// publicSlot is a slot of every public network.
const publicSlot = 12 * time.Second

// MainnetNetwork is Ethereum mainnet up to Fulu.
func MainnetNetwork() Network {
	return Network{
		Preset:                MainnetPreset(),
		GenesisTime:           time.Unix(1606824023, 0).UTC(),
		GenesisValidatorsRoot: publicRoot("4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95"),
		SlotDuration:          publicSlot,
		Forks: []Activation{
			{Phase0, 0, Version{0, 0, 0, 0}},
			{Altair, 74_240, Version{1, 0, 0, 0}},
			{Bellatrix, 144_896, Version{2, 0, 0, 0}},
			{Capella, 194_048, Version{3, 0, 0, 0}},
			{Deneb, 269_568, Version{4, 0, 0, 0}},
			{Electra, 364_032, Version{5, 0, 0, 0}},
			{Fulu, 411_392, Version{6, 0, 0, 0}},
		},
	}
}

// SepoliaNetwork is the test network Sepolia up to Fulu; nothing is believed from its Gloas on.
func SepoliaNetwork() Network {
	return Network{
		Preset:                MainnetPreset(),
		GenesisTime:           time.Unix(1655733600, 0).UTC(),
		GenesisValidatorsRoot: publicRoot("d8ea171f3c94aea21ebc42a1ed61052acf3f9209c00e4efbaaddac09ed9b8078"),
		SlotDuration:          publicSlot,
		Forks: []Activation{
			{Phase0, 0, Version{0x90, 0, 0, 0x69}},
			{Altair, 50, Version{0x90, 0, 0, 0x70}},
			{Bellatrix, 100, Version{0x90, 0, 0, 0x71}},
			{Capella, 56_832, Version{0x90, 0, 0, 0x72}},
			{Deneb, 132_608, Version{0x90, 0, 0, 0x73}},
			{Electra, 222_464, Version{0x90, 0, 0, 0x74}},
			{Fulu, 272_640, Version{0x90, 0, 0, 0x75}},
		},
		End: 353_024,
	}
}

// HoodiNetwork is the test network Hoodi up to Fulu.
func HoodiNetwork() Network {
	return Network{
		Preset:                MainnetPreset(),
		GenesisTime:           time.Unix(1742213400, 0).UTC(),
		GenesisValidatorsRoot: publicRoot("212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f"),
		SlotDuration:          publicSlot,
		Forks: []Activation{
			{Phase0, 0, Version{0x10, 0, 0x09, 0x10}},
			{Altair, 0, Version{0x20, 0, 0x09, 0x10}},
			{Bellatrix, 0, Version{0x30, 0, 0x09, 0x10}},
			{Capella, 0, Version{0x40, 0, 0x09, 0x10}},
			{Deneb, 0, Version{0x50, 0, 0x09, 0x10}},
			{Electra, 2_048, Version{0x60, 0, 0x09, 0x10}},
			{Fulu, 50_688, Version{0x70, 0, 0x09, 0x10}},
		},
	}
}

// publicRoot reads a constant of this file.
func publicRoot(digits string) (r Root) {
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw) != len(r) {
		panic("beacon: constant root " + digits)
	}
	copy(r[:], raw)
	return r
}
