"""What OpenLineage is told: from a segment of an account, up to a watermark, into files with a hash."""

from __future__ import annotations

from typing import Any


def facets(account: str, record: dict[str, Any]) -> Any:
    """``None`` where OpenLineage is not installed."""
    try:
        from airflow.providers.openlineage.extractors import OperatorLineage
        from openlineage.client.event_v2 import InputDataset, OutputDataset
        from openlineage.client.facet_v2 import dataset_version_dataset, output_statistics_output_dataset
    except ImportError:
        return None
    version = dataset_version_dataset.DatasetVersionDatasetFacet
    read: Any = InputDataset(
        namespace=f"mypreferences://{account}",
        name=f"{record['kind']}/{record['name']}",
        facets={"version": version(datasetVersion=record["watermark"])},
    )
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=record["rows"], size=record["bytes"]
    )
    written: Any = OutputDataset(
        namespace="file",
        name=record["folder"],
        facets={"version": version(datasetVersion=record["manifest_sha256"])},
        outputFacets={"outputStatistics": statistics},
    )
    return OperatorLineage(inputs=[read], outputs=[written])
