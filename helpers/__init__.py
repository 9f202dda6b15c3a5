"""What two notebooks share, or what would drown the lesson: data, models, training, metrics and figures."""
