#!/usr/bin/env bash
# Make the logs of this folder again: bash tests/logs/make_logs.sh RESULTS OUT
# RESULTS is results/embedded of a finished study. Needs lm_eval, inspect_ai and lighteval (with diskcache) beside skillift
# (a copy of .venv will do).
set -euo pipefail
mkdir -p "$2"
results=$(realpath "$1") out=$(realpath "$2") here=$(cd "$(dirname "$0")" && pwd)
python "$here/make_tasks.py" "$results" "$out"
export HF_HUB_OFFLINE=1
for side in before:students/m/model after:runs/m/sft-s0/checkpoints/step-138; do
    model=$results/${side#*:} name=${side%%:*}
    lm_eval run --model hf --model_args "pretrained=$model,dtype=float32" --tasks skills_none,skills_curated \
        --include_path "$out" --apply_chat_template --batch_size 64 --log_samples --output_path "$out/lm_eval/$name"
    (cd "$out" && python "$here/lighteval_offline.py" accelerate "model_name=$model,dtype=float32,batch_size=16,device=cpu" \
        skills_none,skills_curated --custom-tasks lighteval_tasks.py --save-details --output-dir "lighteval/$name")
    for condition in none curated; do
        # its task has to be below the working folder
        (cd "$out" && inspect eval skills_task.py -T condition=$condition --model hf/local -M "model_path=$model" \
            -M device=cpu -M do_sample=false --max-tokens 96 --log-dir "inspect/$name" --display plain)
    done
done
