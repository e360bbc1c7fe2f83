#!/bin/sh
# From nothing to event lists: showers are simulated, reconstructed, learnt from, and
# observed. `make demo` runs this; with ctacol on the PATH it runs anywhere:
#
#     sh examples/demo/demo.sh FOLDER
set -eu
demo=${1:?wants a folder for what is made}
here=$(dirname "$0")
mkdir -p "$demo"

# What runs beside ends with all else, as with Ctrl-C, which shells keep from it.
beside=
trap 'kill $beside 2> /dev/null || true' EXIT
trap 'exit 130' INT TERM
set -x

# Both at once; gamma rays are there first, and are looked at while protons go on.
ctacol simulate --config "$here/simulation.yaml" --particle proton --viewcone 4 \
    --energy 0.3:50 --n-showers 1000 --reuse 10 --workers 1 \
    --output "$demo/proton.simtel.zst" --overwrite > "$demo/proton.log" 2>&1 &
protons=$!
beside=$protons
ctacol simulate --config "$here/simulation.yaml" --workers 1 \
    --output "$demo/gamma.simtel.zst" --overwrite

# By one worker: most of its first run goes into compiling, which each would do for itself.
ctacol run stage1 --input "$demo/gamma.simtel.zst" --workers 1 \
    --output "$demo/gamma/dl1" --overwrite
ctacol run stage2 --input "$demo/gamma/dl1" --workers 1 \
    --output "$demo/gamma/dl2" --overwrite
wait $protons || { cat "$demo/proton.log"; exit 1; }
beside=
cat "$demo/proton.log"
ctacol run stage1 --input "$demo/proton.simtel.zst" --output "$demo/proton/dl1" --overwrite
ctacol run stage2 --input "$demo/proton/dl1" --output "$demo/proton/dl2" --overwrite

# Pages are drawn beside what comes next.
ctacol report "$demo/gamma/dl2" "$demo/proton/dl2" --output "$demo/report.html" &
beside=$!
ctacol run train --config "$here/train.yaml" \
    --input "$demo/gamma/dl2" "$demo/proton/dl2" --output "$demo/models" --overwrite
for particle in gamma proton; do
    ctacol run stage3 --input "$demo/$particle/dl2" --models "$demo/models" \
        --set trained_on=drop --output "$demo/$particle/dl2-full" --overwrite
done
ctacol run irf --config "$here/irf.yaml" \
    --input "$demo/gamma/dl2-full" "$demo/proton/dl2-full" --output "$demo/irf" --overwrite
ctacol report "$demo/irf" --output "$demo/irf.html" &
beside="$beside $!"
ctacol run dl3 --config "$here/dl3.yaml" --observe "$here/observation.yaml" \
    --irf "$demo/irf" --input "$demo/gamma/dl2-full" "$demo/proton/dl2-full" \
    --output "$demo/dl3" --overwrite
ctacol report "$demo/dl3" --output "$demo/dl3.html"
for page in $beside; do
    wait "$page"
done
ctacol info "$demo/dl3"
