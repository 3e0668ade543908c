/* The bytes behind embedded.h; the paths are relative to the root of the repository. */
        .section .rodata
        .global mes_prometheus_yml_begin
        .global mes_prometheus_yml_end
        .global mes_redis_conf_begin
        .global mes_redis_conf_end
mes_prometheus_yml_begin:
        .incbin "infrastructure/prometheus/prometheus.yml"
mes_prometheus_yml_end:
mes_redis_conf_begin:
        .incbin "infrastructure/redis/redis.conf"
mes_redis_conf_end:
        .byte 0
        .section .note.GNU-stack,"",%progbits
