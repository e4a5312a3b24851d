// A shard of a cross-validation, and the merge, in the form of nf-core. Not run by us.
process SBNN_CV_SHARD {
    tag "$meta.id"
    label 'process_single'

    input:
    tuple val(meta), path(data), val(shard), val(shards)

    output:
    tuple val(meta), path("shard_*"), emit: shard

    script:
    def args = task.ext.args ?: ''
    """
    sbnn cv --data $data $args --threads $task.cpus --shard $shard/$shards --out shard_$shard --quiet
    """
}

process SBNN_MERGE {
    tag "$meta.id"
    label 'process_single'

    input:
    tuple val(meta), path(data), path(folders)

    output:
    tuple val(meta), path("crossval"), emit: results

    script:
    """
    sbnn merge $folders --out crossval --quiet
    """
}
