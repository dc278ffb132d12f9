// Reads an exported log with Go's own packages for transparency logs, which share nothing with this repository.
// Usage: independent FOLDER VKEY; prints "ok SIZE" or the first thing that does not hold, with status 1.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func fail(format string, arguments ...interface{}) {
	fmt.Printf(format+"\n", arguments...)
	os.Exit(1)
}

// The path of a tile as C2SP spells it: Go's own has the height in it, and says "data" for entries.
func path(t tlog.Tile) string {
	parts := strings.SplitN(t.Path(), "/", 3)
	return "tile/" + strings.Replace(parts[2], "data/", "entries/", 1)
}

func main() {
	folder := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	if err != nil {
		fail("key: %v", err)
	}
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		fail("checkpoint: %v", err)
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		fail("note: %v", err)
	}
	lines := strings.Split(opened.Text, "\n")
	size, _ := strconv.ParseInt(lines[1], 10, 64)
	root, _ := base64.StdEncoding.DecodeString(lines[2])

	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for k, index := range indexes {
			found[k] = stored[index]
		}
		return found, nil
	})
	var bundle []byte
	for position := int64(0); position < size; position++ {
		if position%256 == 0 {
			width := 256
			if size-position < 256 {
				width = int(size - position)
			}
			tile := tlog.Tile{H: height, L: -1, N: position / 256, W: width}
			if bundle, err = os.ReadFile(filepath.Join(folder, path(tile))); err != nil {
				fail("entries: %v", err)
			}
		}
		length := int(binary.BigEndian.Uint16(bundle))
		hashes, err := tlog.StoredHashes(position, bundle[2:2+length], reader)
		if err != nil {
			fail("position %d: %v", position+1, err)
		}
		stored = append(stored, hashes...)
		bundle = bundle[2+length:]
	}
	for _, tile := range tlog.NewTiles(height, 0, size) {
		if edge := int(size >> uint(height*tile.L) & 255); tile.W < 256 && tile.W != edge {
			continue // of partial tiles, those of this size alone are exported
		}
		ours, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			fail("%s: %v", path(tile), err)
		}
		theirs, err := os.ReadFile(filepath.Join(folder, path(tile)))
		if err != nil || !bytes.Equal(ours, theirs) {
			fail("%s is not the tile of these entries", path(tile))
		}
	}
	if size > 0 {
		tree, err := tlog.TreeHash(size, reader)
		if err != nil || !bytes.Equal(tree[:], root) {
			fail("the root is not that of the entries")
		}
	}
	fmt.Printf("ok %d\n", size)
}
