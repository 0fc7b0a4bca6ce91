"""Statistics of trips: of who drives, and how far."""

import numpy as np
import pandas as pd
import tensorflow_data_validation as tfdv

OPTIONS = tfdv.StatsOptions(num_quantiles_histogram_buckets=100)


def statistics(company, miles):
    frame = pd.DataFrame({"company": company, "miles": np.asarray(miles, "float64")})
    return tfdv.generate_statistics_from_dataframe(frame, OPTIONS)
