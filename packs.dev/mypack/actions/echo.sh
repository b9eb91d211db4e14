#!/bin/bash
echo "Message: $ATTUNE_MESSAGE"
